package io.fluxwire.fleet.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Operators;
import reactor.test.StepVerifier;

class FuturesTest {

  private final CompletableFuture<String> work = new CompletableFuture<>();

  @Test
  void aResultIsEmitted() {
    StepVerifier.create(Futures.await(work))
        .then(() -> work.complete("done"))
        .expectNext("done")
        .verifyComplete();
  }

  @Test
  void noResultIsEmpty() {
    CompletableFuture<Void> nothing = CompletableFuture.completedFuture(null);

    StepVerifier.create(Futures.await(nothing)).verifyComplete();
  }

  @Test
  void aFailureIsAnError() {
    StepVerifier.create(Futures.await(work))
        .then(() -> work.completeExceptionally(new IllegalStateException("failed")))
        .verifyErrorMessage("failed");
  }

  @Test
  void whoeverStopsToWaitNeitherCancelsNorHearsOfAFailure() {
    Logger operators = (Logger) LoggerFactory.getLogger(Operators.class);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    operators.addAppender(log);
    try {
      Futures.await(work).subscribe().dispose();

      assertThat(work).isNotDone();
      work.completeExceptionally(new IllegalStateException("failed"));
      assertThat(log.list).isEmpty();
    } finally {
      operators.detachAppender(log);
    }
  }
}
