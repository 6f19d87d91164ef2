package io.fluxwire.fleet.nats;

import io.fluxwire.fleet.internal.Futures;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The steps of a session, which one worker thread runs in the order in which they were subscribed
 * to. They may block. Thread-safe.
 */
final class Steps {

  private final Scheduler worker;
  private final Scheduler timers;

  /** A step without a result. */
  interface Step {
    void run() throws Exception;
  }

  Steps(Scheduler worker, Scheduler timers) {
    this.worker = worker;
    this.timers = timers;
  }

  /** Runs a step after those before it, also if whoever waits for it goes away. */
  <T> Mono<T> call(Callable<T> step) {
    return Mono.defer(
        () -> {
          CompletableFuture<T> done = new CompletableFuture<>();
          worker.schedule(
              () -> {
                try {
                  done.complete(step.call());
                } catch (Throwable thrown) {
                  done.completeExceptionally(thrown);
                }
              });
          // Off the worker, which whoever is told could keep.
          return Futures.await(done).publishOn(timers);
        });
  }

  /** As {@link #call}, for a step without a result. */
  Mono<Void> run(Step step) {
    return call(() -> {
          step.run();
          return true;
        })
        .then();
  }
}
