package io.fluxwire.internal;

import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Waits for what is asynchronous, never without a bound. */
public final class Blocking {

  /** How long the start of something may take unless the caller says: 45 s, as Reactor Netty's. */
  public static final Duration START_TIMEOUT = Duration.ofSeconds(45);

  private Blocking() {}

  /**
   * Waits for a value or the end.
   *
   * @param source what is waited for; cancelled at the timeout
   * @param timeout above zero
   * @param late says what has not happened, such as "the server does not listen"
   * @param <T> what the source gives
   * @return what it gave; null when it completed without a value
   * @throws IllegalStateException at the timeout, and on a thread that must not block; what the
   *     source errors with is thrown as it is
   */
  public static <T> @Nullable T get(Mono<T> source, Duration timeout, Supplier<String> late) {
    // Reactor says so, too, but once it has subscribed: a connection would be left that nobody has.
    if (Schedulers.isInNonBlockingThread()) {
      throw new IllegalStateException(
          "this blocks, which is not supported in thread " + Thread.currentThread().getName());
    }
    Mono<T> failure =
        Mono.error(
            () ->
                new IllegalStateException(
                    "%s after %d ms".formatted(late.get(), timeout.toMillis())));
    return source.timeout(timeout, failure).block();
  }
}
