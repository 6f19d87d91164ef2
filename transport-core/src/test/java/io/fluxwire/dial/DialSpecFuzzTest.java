package io.fluxwire.dial;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.time.Duration;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Dialing by any values: refused when they are set, or no dial waits for ever or below zero. */
class DialSpecFuzzTest {

  @FuzzTest
  void values(FuzzedDataProvider data) {
    Duration resolution = duration(data);
    Duration attempt = duration(data);
    Duration timeout = duration(data);
    try {
      DialSpec spec =
          DialSpec.of("peer")
              .resolutionDelay(resolution)
              .attemptDelay(attempt)
              .resolutionTimeout(timeout);
      assertThat(spec.attemptDelay()).isBetween(Duration.ofMillis(100), Duration.ofSeconds(2));
      assertThat(spec.resolutionDelay())
          .isEqualTo(resolution)
          .isGreaterThanOrEqualTo(Duration.ZERO);
      assertThat(spec.resolutionTimeout()).isEqualTo(timeout).isPositive();
    } catch (IllegalArgumentException e) {
      assertThat(
              resolution.isNegative()
                  || timeout.isNegative()
                  || timeout.isZero()
                  || attempt.toMillis() < 100
                  || attempt.compareTo(Duration.ofSeconds(2)) > 0)
          .isTrue();
    }
    budget(data);
  }

  private static void budget(FuzzedDataProvider data) {
    int rate = data.consumeInt(1, Integer.MAX_VALUE);
    int burst = data.consumeInt(1, Integer.MAX_VALUE);
    VirtualTimeScheduler clock = VirtualTimeScheduler.create();
    DialBudget budget = DialBudget.perSecond(rate, burst, clock);
    long atOnce = 0;
    for (int i = 0; i < 20; i++) {
      Duration wait = budget.enter(() -> {}).expected();
      assertThat(wait).isBetween(Duration.ZERO, Duration.ofSeconds(20));
      atOnce += wait.isZero() ? 1 : 0;
      long pause = data.consumeInt(0, 10);
      clock.advanceTimeBy(Duration.ofMillis(pause));
    }
    assertThat(atOnce).isGreaterThanOrEqualTo(Math.min(20, burst));
  }

  private static Duration duration(FuzzedDataProvider data) {
    return data.consumeBoolean()
        ? Duration.ofMillis(data.consumeInt(-10, 3_000))
        : Duration.ofSeconds(data.consumeLong(Long.MIN_VALUE / 1000, Long.MAX_VALUE / 1000));
  }
}
