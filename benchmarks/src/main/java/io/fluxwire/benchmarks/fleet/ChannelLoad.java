package io.fluxwire.benchmarks.fleet;

import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.MemoryChannelStore;
import io.fluxwire.channel.PeerChannel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Channels that send all the time; every packet is to be taken by some instance. */
final class ChannelLoad {

  private static final int CHANNELS = 100;
  private static final Duration EVERY = Duration.ofMillis(50);
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final Sinks.Empty<Void> enough = Sinks.empty();
  private final AtomicLong slowest = new AtomicLong();
  private final AtomicLong acknowledged = new AtomicLong();
  private final Map<String, Long> sent = new HashMap<>();
  private final Mono<Void> finished;
  private final List<Disposable> running = new ArrayList<>();

  /**
   * Starts sending.
   *
   * @param first the number of the first peer, of those that have channels only
   * @param instances where instances listen
   */
  ChannelLoad(int first, List<InetSocketAddress> instances) {
    Sinks.Empty<Void> done = Sinks.empty();
    finished = done.asMono();
    running.add(
        Flux.range(first, CHANNELS)
            .flatMap(
                peer ->
                    TrialPeers.client(peer, instances)
                        .channel("load", ChannelSpec.of(MemoryChannelStore.create()))
                        .flatMap(channel -> load(peer, channel)),
                CHANNELS)
            .subscribe(null, done::tryEmitError, done::tryEmitEmpty));
  }

  private Mono<Void> load(int peer, PeerChannel<ByteBuf> channel) {
    long[] number = {0};
    return Flux.interval(EVERY)
        .onBackpressureDrop()
        .takeUntilOther(enough.asMono())
        .flatMap(tick -> one(channel, number[0]++), Integer.MAX_VALUE)
        .then(Mono.fromRunnable(() -> record(peer, number[0])))
        .then(channel.close());
  }

  private Mono<Void> one(PeerChannel<ByteBuf> channel, long number) {
    long began = System.nanoTime();
    return channel
        .sendOne(Unpooled.buffer().writeLong(number).writeZero(Long.BYTES))
        .flatMap(channel::acknowledged)
        .then(
            Mono.fromRunnable(
                () -> {
                  acknowledged.incrementAndGet();
                  slowest.accumulateAndGet(System.nanoTime() - began, Math::max);
                }));
  }

  private synchronized void record(int peer, long count) {
    sent.put(TrialKeys.peer(peer).id().toString(), count);
  }

  /**
   * Stops sending, waits until all packets are acknowledged, and looks what came.
   *
   * @param folder where the instances wrote it down
   * @return a line of figures
   */
  String end(Path folder) throws IOException {
    enough.tryEmitEmpty();
    finished.block(LIMIT);
    running.forEach(Disposable::dispose);
    ChannelLedger ledger = new ChannelLedger();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        ledger.process(Files.readAllLines(file));
      }
    }
    long all = sent.values().stream().mapToLong(Long::longValue).sum();
    long lost = all - ledger.booked();
    return "%,d packets by %d channels, slowest %d ms, %d delivered again, %s lost, %s doubled"
        .formatted(
            all,
            sent.size(),
            slowest.get() / 1_000_000,
            ledger.again(),
            lost == 0 ? "none" : Long.toString(lost),
            ledger.doubled() == 0 ? "none" : Long.toString(ledger.doubled()));
  }
}
