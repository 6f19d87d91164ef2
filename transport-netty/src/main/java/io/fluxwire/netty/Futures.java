package io.fluxwire.netty;

import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.FutureListener;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Mono;

/** Netty's futures for Reactor. */
final class Futures {

  private Futures() {}

  /**
   * A future that runs already.
   *
   * @param future what is awaited
   * @param onCancel what a cancel does, once; the future is not cancelled by itself
   * @param <T> what it gives
   * @return signals as the future, unless it is cancelled before; for one subscriber
   */
  static <T> Mono<T> toMono(Future<T> future, Runnable onCancel) {
    return Mono.create(
        sink -> {
          AtomicBoolean over = new AtomicBoolean();
          FutureListener<T> listener =
              done -> {
                if (!over.compareAndSet(false, true)) {
                  return;
                }
                if (done.isSuccess()) {
                  sink.success(done.getNow());
                } else {
                  sink.error(done.cause());
                }
              };
          sink.onCancel(
              () -> {
                if (over.compareAndSet(false, true)) {
                  // One who waits for others' future as well leaves nothing on it.
                  future.removeListener(listener);
                  onCancel.run();
                }
              });
          future.addListener(listener);
        });
  }
}
