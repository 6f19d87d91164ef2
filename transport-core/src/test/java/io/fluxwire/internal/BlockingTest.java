package io.fluxwire.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

class BlockingTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @Test
  void whatComesIsGivenAndAnEndIsNull() {
    assertThat(Blocking.get(Mono.just("here"), LIMIT, () -> "it is not here")).isEqualTo("here");
    assertThat(Blocking.<String>get(Mono.empty(), LIMIT, () -> "it is not here")).isNull();
  }

  @Test
  void aFailureIsThrownAsItIs() {
    IllegalArgumentException failure = new IllegalArgumentException("no");
    assertThatThrownBy(() -> Blocking.get(Mono.error(failure), LIMIT, () -> "it is not here"))
        .isSameAs(failure);
  }

  @Test
  void atTheTimeoutTheSourceIsCancelledAndTheErrorSaysWhatDidNotHappen() {
    AtomicBoolean cancelled = new AtomicBoolean();
    Mono<String> never = Mono.<String>never().doOnCancel(() -> cancelled.set(true));
    assertThatThrownBy(() -> Blocking.get(never, Duration.ofMillis(5), () -> "it is not here"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("it is not here after 5 ms");
    assertThat(cancelled).isTrue();
  }

  @Test
  void nothingBeginsOnAThreadThatMustNotWait() {
    AtomicBoolean begun = new AtomicBoolean();
    Mono<String> source = Mono.fromRunnable(() -> begun.set(true));
    Mono<String> call =
        Mono.fromCallable(() -> Blocking.get(source, LIMIT, () -> "it is not here"))
            .subscribeOn(Schedulers.parallel());
    assertThatThrownBy(() -> call.block(LIMIT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("this blocks, which is not supported in thread parallel-");
    assertThat(begun).isFalse();
  }
}
