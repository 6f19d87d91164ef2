package io.fluxwire.benchmarks.fleet;

import io.fluxwire.PeerConnection;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import reactor.core.Disposable;
import reactor.core.Disposables;

/** The peers of a trial, each of which keeps one connection, with whichever instance it can. */
final class TrialPeers implements Disposable {

  private static final int AT_ONCE = 100;
  private static final Duration LOOK_AGAIN = Duration.ofMillis(5);
  private static final Duration SOONEST = Duration.ofMillis(100);
  private static final Duration LATEST = Duration.ofSeconds(2);

  /** The smallest that can be set: how soon a peer notices that its instance says nothing. */
  static final Duration PING = Duration.ofSeconds(30);

  static final Duration SILENCE = Duration.ofSeconds(5);

  private record Packet(int peer, long instance, long number) {}

  private final Disposable.Composite running = Disposables.composite();
  private final Set<Packet> received = ConcurrentHashMap.newKeySet();
  private final LongAdder doubled = new LongAdder();
  private final LongAdder connections = new LongAdder();

  /**
   * Starts them, some at a time: all at once, while nothing is compiled yet, take so long that they
   * give up and begin anew.
   *
   * @param count how many
   * @param instances where instances listen; each peer tries them in an order of its own
   */
  TrialPeers(int count, List<InetSocketAddress> instances) {
    for (int i = 0; i < count; i++) {
      int peer = i;
      running.add(
          client(peer, instances).connections().subscribe(connection -> take(peer, connection)));
      while (connections.sum() < i + 1 - AT_ONCE) {
        LockSupport.parkNanos(LOOK_AGAIN.toNanos());
      }
    }
    while (connections.sum() < count) {
      LockSupport.parkNanos(LOOK_AGAIN.toNanos());
    }
  }

  private static List<InetSocketAddress> rotated(List<InetSocketAddress> instances, int by) {
    List<InetSocketAddress> all = new ArrayList<>(instances);
    Collections.rotate(all, by);
    return all;
  }

  /** The client of one peer. */
  static PeerClient<ByteBuf> client(int peer, List<InetSocketAddress> instances) {
    PeerClient<ByteBuf> client =
        PeerClient.create(TrialKeys.peer(peer), PacketCodec.raw())
            .expect(TrialKeys.node().id())
            .upgrade(UpgradePolicy.required().keepAlive(PING, SILENCE))
            .reconnect(spec -> spec.backoff(SOONEST, LATEST));
    for (InetSocketAddress instance : rotated(instances, peer)) {
      client = client.remote(instance);
    }
    return client;
  }

  private void take(int peer, PeerConnection<ByteBuf> connection) {
    connections.increment();
    connection
        .receive()
        .subscribe(
            packet -> {
              if (!received.add(new Packet(peer, packet.getLong(0), packet.getLong(Long.BYTES)))) {
                doubled.increment();
              }
            },
            failure -> {});
  }

  /** How many packets came twice. */
  long doubled() {
    return doubled.sum();
  }

  @Override
  public void dispose() {
    running.dispose();
  }
}
