package io.fluxwire.benchmarks.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class DialSpansTest {

  // Times that System.nanoTime() may have: they need not be positive.
  private long now = -5;
  private final DialSpans spans = new DialSpans(() -> now);

  @Test
  void theLongestTimeWithoutAConnectionIsKept() {
    now += 3;
    spans.opened();
    now += 100;
    spans.closed();
    now += 2;
    spans.opened();

    assertThat(spans.longestWithNone()).isEqualTo(3);
    assertThat(spans.longestWithTwo()).isZero();
  }

  @Test
  void aTimeThatGoesOnCounts() {
    now += 7;
    assertThat(spans.longestWithNone()).isEqualTo(7);

    spans.opened();
    spans.opened();
    now += 9;
    assertThat(spans.longestWithTwo()).isEqualTo(9);
    assertThat(spans.longestWithNone()).isEqualTo(7);
  }

  @Test
  void aThirdConnectionDoesNotEndTheTimeWithMoreThanOne() {
    spans.opened();
    spans.opened();
    now += 4;
    spans.opened();
    now += 4;
    spans.closed();
    now += 4;
    spans.closed();
    now += 50;

    assertThat(spans.longestWithTwo()).isEqualTo(12);
  }

  @Test
  void whatWasBeforeTheBeginningIsForgottenAndWhatGoesOnCountsFromThen() {
    now += 20;
    spans.opened();
    spans.opened();
    now += 30;
    spans.begin();
    now += 2;
    spans.closed();

    assertThat(spans.longestWithNone()).isZero();
    assertThat(spans.longestWithTwo()).isEqualTo(2);
  }

  @Test
  void oneConnectionHasLastedSinceItWasTheOnlyOne() {
    assertThat(spans.oneFor(Duration.ZERO)).isFalse();
    spans.opened();
    now += 10;
    spans.opened();
    now += 10;
    assertThat(spans.oneFor(Duration.ZERO)).isFalse();
    spans.closed();
    now += 6;

    assertThat(spans.oneFor(Duration.ofNanos(6))).isTrue();
    assertThat(spans.oneFor(Duration.ofNanos(7))).isFalse();
  }

  @Test
  void aBeginningDoesNotCutTheTimeOfTheOnlyConnection() {
    spans.opened();
    now += 6;
    spans.begin();

    assertThat(spans.oneFor(Duration.ofNanos(6))).isTrue();
  }
}
