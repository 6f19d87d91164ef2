package io.fluxwire.benchmarks.wire;

import io.fluxwire.NodeId;
import io.fluxwire.channel.ChannelStore;
import io.fluxwire.channel.MemoryChannelStore;
import io.fluxwire.channel.disk.DiskChannelStore;
import io.fluxwire.channel.redis.RedisChannelStore;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.Disposable;

/** Where channels are stored for one run; deleted with what is in it when that is over. */
interface Stores extends Disposable {

  /** A store of a side's own. */
  ChannelStore next();

  static Stores inMemory() {
    return new Stores() {
      @Override
      public ChannelStore next() {
        return MemoryChannelStore.create();
      }

      @Override
      public void dispose() {
        // It is the collector's.
      }
    };
  }

  static Stores onDisk(Scratch scratch) {
    Path folder = scratch.folder();
    AtomicInteger made = new AtomicInteger();
    return new Stores() {
      @Override
      public ChannelStore next() {
        return DiskChannelStore.create(folder.resolve("side-" + made.incrementAndGet()));
      }

      @Override
      public void dispose() {
        Scratch.delete(folder);
      }
    };
  }

  /** In one Redis that syncs each change, as the store wants it. */
  static Stores inRedis(Scratch scratch, NodeId node) {
    RedisProcess redis = RedisProcess.start(scratch, RedisProcess.ALWAYS);
    Queue<RedisChannelStore> made = new ConcurrentLinkedQueue<>();
    AtomicInteger sides = new AtomicInteger();
    return new Stores() {
      @Override
      public ChannelStore next() {
        RedisChannelStore store =
            RedisChannelStore.builder(redis.uri(), node)
                .prefix("side-" + sides.incrementAndGet())
                .build();
        made.add(store);
        return store;
      }

      @Override
      public void dispose() {
        made.forEach(Disposable::dispose);
        redis.dispose();
      }
    };
  }
}
