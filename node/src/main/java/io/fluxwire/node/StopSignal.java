package io.fluxwire.node;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** SIGINT and SIGTERM: commands end in good order, and the process with their own exit code. */
final class StopSignal {

  /** How long a peer that takes nothing, or never closes, may keep a command that is stopped. */
  static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(2);

  private static final int GRACE_SECONDS = 8;
  private static final Sinks.Empty<Void> RECEIVED = Sinks.empty();
  private static final CompletableFuture<Integer> EXIT_CODE = new CompletableFuture<>();

  private StopSignal() {}

  /**
   * Completes when the process is told to stop. From the first call on a signal no longer ends the
   * process by itself, so commands that end in good order ask first of all, and others never.
   */
  static Mono<Void> received() {
    return Holder.INSTALLED;
  }

  /** As {@link #received()}, for who only wants to know: no signal is taken because of it. */
  static Mono<Void> seen() {
    return RECEIVED.asMono();
  }

  /** Ends the process, or lets the one that a signal is ending go. */
  static void exit(int code) {
    EXIT_CODE.complete(code);
    System.exit(code);
  }

  private static final class Holder {
    static final Mono<Void> INSTALLED = install();

    private static Mono<Void> install() {
      Runtime.getRuntime().addShutdownHook(new Thread(Holder::stop, "stop"));
      return RECEIVED.asMono();
    }

    private static void stop() {
      RECEIVED.tryEmitEmpty();
      try {
        int code = EXIT_CODE.get(GRACE_SECONDS, TimeUnit.SECONDS);
        Runtime.getRuntime().halt(code);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (ExecutionException | TimeoutException e) {
        System.err.println("fluxwire: not everything could be closed in time");
        System.err.close();
      }
    }
  }
}
