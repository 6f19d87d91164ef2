package io.fluxwire.testing;

import io.fluxwire.netty.internal.NettyByteDuplex;
import io.fluxwire.testing.FaultProxy.Direction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * One connection through a {@link FaultProxy}: two TCP connections, with bytes forwarded in both
 * directions.
 */
final class FaultLink {

  private final NettyByteDuplex dialled;
  private final NettyByteDuplex onward;
  private final Pump toTarget;
  private final Pump fromTarget;

  FaultLink(NettyByteDuplex dialled, NettyByteDuplex onward, Faults faults) {
    this.dialled = dialled;
    this.onward = onward;
    this.toTarget = new Pump(dialled, onward, faults);
    this.fromTarget = new Pump(onward, dialled, faults);
  }

  /** Forwards until both ends are closed. */
  void run(Runnable whenOver) {
    Mono.when(dialled.onClose(), onward.onClose()).subscribe(null, null, whenOver);
    // When one end breaks, the other end is broken in the same way.
    Mono.when(toTarget.run(), fromTarget.run()).subscribe(null, failure -> reset());
  }

  void reset() {
    dialled.reset();
    onward.reset();
  }

  void halfClose(Direction direction) {
    pump(direction).end.tryEmitEmpty();
  }

  void drop(Direction direction) {
    pump(direction).drop.set(true);
  }

  void corrupt(Direction direction) {
    pump(direction).corrupt.set(true);
  }

  private Pump pump(Direction direction) {
    return direction == Direction.TO_TARGET ? toTarget : fromTarget;
  }

  private static final class Pump {

    private final NettyByteDuplex from;
    private final NettyByteDuplex to;
    private final Faults faults;
    private final AtomicBoolean drop = new AtomicBoolean();
    private final AtomicBoolean corrupt = new AtomicBoolean();
    private final Sinks.Empty<Void> end = Sinks.empty();

    Pump(NettyByteDuplex from, NettyByteDuplex to, Faults faults) {
      this.from = from;
      this.to = to;
      this.faults = faults;
    }

    Mono<Void> run() {
      return from.receive()
          // On the heap and unpooled, so that nothing leaks when forwarding is cut off.
          .map(ByteBufUtil::getBytes)
          .filter(bytes -> !drop.compareAndSet(true, false))
          .doOnNext(this::corrupt)
          .concatMap(bytes -> faults.pass(bytes, to.scheduler()), 0)
          .concatMap(this::write, 0)
          .takeUntilOther(end.asMono())
          .then(Mono.fromRunnable(to::shutdownOutput));
    }

    private void corrupt(byte[] bytes) {
      if (corrupt.compareAndSet(true, false)) {
        bytes[bytes.length / 2] ^= 1;
      }
    }

    private Flux<Void> write(ByteBuf piece) {
      int size = piece.readableBytes();
      return Flux.create(
          sink ->
              to.write(
                  piece,
                  failure -> {
                    if (failure == null) {
                      faults.forwarded(size);
                      sink.complete();
                    } else {
                      sink.error(failure);
                    }
                  }));
    }
  }
}
