package io.fluxwire.netty;

import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.FutureListener;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Mono;

/** Netty's futures as Reactor's {@code Mono}s. */
final class Futures {

  private Futures() {}

  /**
   * Converts a future that is running already.
   *
   * @param future the future
   * @param onCancel called once on a cancel; the future itself is not cancelled
   * @param <T> the type of its result
   * @return signals the future's result or failure unless it is cancelled before; for one
   *     subscriber
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
                  // The listener is removed, since the future may be shared and live longer than
                  // this subscriber.
                  future.removeListener(listener);
                  onCancel.run();
                }
              });
          future.addListener(listener);
        });
  }
}
