package io.fluxwire.fleet.internal;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;

/** Futures of an engine's library as publishers. */
public final class Futures {

  private Futures() {}

  /**
   * Waits for work that is under way, and that a caller cannot take back.
   *
   * @param <T> the result
   * @param work is not cancelled by whoever stops to wait; its failure is then nobody's, and is not
   *     logged as one that was dropped
   * @return completes or errors as the work does, on its thread
   */
  public static <T> Mono<T> await(CompletableFuture<T> work) {
    CompletableFuture<@Nullable Signal<T>> outcome =
        work.handle(
            (result, failure) -> {
              if (failure != null) {
                return Signal.<T>error(failure);
              }
              return result == null ? Signal.<T>complete() : Signal.next(result);
            });
    return Mono.fromFuture(outcome, true).dematerialize();
  }
}
