package io.fluxwire.testing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * The faults that a {@link FaultProxy} applies to the bytes that it forwards, and the number of
 * these bytes.
 */
final class Faults {

  private final LongAdder forwarded = new LongAdder();

  /** Completes at the end of the stall; null while there is none. */
  private final AtomicReference<Sinks.@Nullable Empty<Void>> stalled = new AtomicReference<>();

  private volatile Duration delay = Duration.ZERO;
  private volatile long bytesPerSecond;
  private volatile int split;
  private volatile boolean refuse;

  void stall() {
    stalled.compareAndSet(null, Sinks.empty());
  }

  void resume() {
    Sinks.Empty<Void> end = stalled.getAndSet(null);
    if (end != null) {
      end.tryEmitEmpty();
    }
  }

  void delay(Duration time) {
    delay = time;
  }

  void bytesPerSecond(long rate) {
    bytesPerSecond = rate;
  }

  void split(int bytes) {
    split = bytes;
  }

  void refuse(boolean refuses) {
    refuse = refuses;
  }

  boolean refuses() {
    return refuse;
  }

  long forwarded() {
    return forwarded.sum();
  }

  void forwarded(int bytes) {
    forwarded.add(bytes);
  }

  /** The bytes that were read, in the pieces and at the times in which they are to be written. */
  Flux<ByteBuf> pass(byte[] bytes, Scheduler clock) {
    return Flux.defer(
        () ->
            pause(delay, clock)
                .thenMany(pieces(bytes))
                .concatMap(
                    piece -> transmission(piece, clock).then(unstalled()).thenReturn(piece), 0));
  }

  private Flux<ByteBuf> pieces(byte[] bytes) {
    int most = split == 0 ? bytes.length : split;
    return Flux.range(0, (bytes.length + most - 1) / most)
        .map(i -> i * most)
        .map(from -> Unpooled.wrappedBuffer(bytes, from, Math.min(most, bytes.length - from)));
  }

  private Mono<Void> transmission(ByteBuf piece, Scheduler clock) {
    long rate = bytesPerSecond;
    return rate == 0
        ? Mono.empty()
        : pause(Duration.ofNanos(piece.readableBytes() * 1_000_000_000L / rate), clock);
  }

  private static Mono<Void> pause(Duration time, Scheduler clock) {
    return time.isZero() ? Mono.empty() : Mono.delay(time, clock).then();
  }

  private Mono<Void> unstalled() {
    return Mono.defer(
        () -> {
          Sinks.Empty<Void> end = stalled.get();
          return end == null ? Mono.empty() : end.asMono();
        });
  }
}
