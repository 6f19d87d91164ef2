package io.fluxwire.benchmarks.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.FleetGroup;
import io.fluxwire.fleet.FleetSendException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * One packet to each peer, from one instance. A packet of which it is not known whether it was
 * delivered is not sent again; another one with the next number is.
 */
final class Reach {

  /** A packet: which run of which instance sent it, and its number there. */
  static final int PACKET = 2 * Long.BYTES;

  private static final int AT_ONCE = 128;
  private static final Duration AGAIN = Duration.ofMillis(50);

  private final FleetGroup<ByteBuf> fleet;
  private final List<NodeId> peers;
  private final List<NodeId> dialled;
  private final AtomicLong numbers = new AtomicLong();

  /**
   * Reaches nobody yet.
   *
   * @param peers those that dial the fleet
   * @param dialled those that the fleet dials
   */
  Reach(FleetGroup<ByteBuf> fleet, List<NodeId> peers, List<NodeId> dialled) {
    this.fleet = fleet;
    this.peers = peers;
    this.dialled = dialled;
  }

  /**
   * Reaches all peers.
   *
   * @param limit how long to try
   * @return emits a line of figures: how many were reached, how many packets are unknown, after how
   *     many milliseconds half and all of those were reached that dial the fleet, and all of those
   *     that it dials
   */
  Mono<String> all(Duration limit) {
    LongAdder unknown = new LongAdder();
    return Mono.zip(each(peers, limit, unknown), each(dialled, limit, unknown))
        .map(
            both -> {
              long[] dialling = both.getT1();
              return "reached %d of %d, unknown %d, half %d, all %d, all that are dialled %d"
                  .formatted(
                      dialling.length + both.getT2().length,
                      peers.size() + dialled.size(),
                      unknown.sum(),
                      dialling.length == 0 ? -1 : dialling[dialling.length / 2],
                      last(dialling),
                      last(both.getT2()));
            });
  }

  private static long last(long[] sorted) {
    return sorted.length == 0 ? -1 : sorted[sorted.length - 1];
  }

  /** After how many milliseconds each was reached, in this order. */
  private Mono<long[]> each(List<NodeId> all, Duration limit, LongAdder unknown) {
    long began = System.nanoTime();
    long end = began + limit.toNanos();
    return Flux.fromIterable(all)
        .flatMap(
            peer ->
                Mono.defer(() -> one(peer, limit))
                    .doOnError(failure -> count(failure, unknown))
                    .retryWhen(
                        Retry.fixedDelay(Long.MAX_VALUE, AGAIN)
                            .filter(failure -> System.nanoTime() < end))
                    .then(Mono.fromSupplier(() -> millisSince(began)))
                    .onErrorComplete(),
            AT_ONCE)
        .collectList()
        .map(millis -> millis.stream().mapToLong(Long::longValue).sorted().toArray());
  }

  private static void count(Throwable failure, LongAdder unknown) {
    if (failure instanceof FleetSendException send) {
      unknown.add(send.unknown());
    }
  }

  private Mono<Void> one(NodeId peer, Duration limit) {
    return fleet
        .send(peer, Mono.fromSupplier(this::packet), Duration.ofSeconds(1))
        // A send that hangs is a failure too, and what became of it is not known.
        .timeout(limit);
  }

  private ByteBuf packet() {
    return Unpooled.buffer(PACKET)
        .writeLong(fleet.self().incarnation())
        .writeLong(numbers.incrementAndGet());
  }

  private static long millisSince(long nanos) {
    return (System.nanoTime() - nanos) / 1_000_000;
  }
}
