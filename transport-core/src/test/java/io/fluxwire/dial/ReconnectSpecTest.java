package io.fluxwire.dial;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.internal.Arguments;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ReconnectSpecTest {

  private static final Duration FOR_EVER = Duration.ofSeconds(Long.MAX_VALUE);

  @Test
  void aBackoffMayEndBeyondWhatNanosecondsCount() {
    ReconnectSpec spec = ReconnectSpec.create(Duration.ofSeconds(1), FOR_EVER).random(() -> 0.5);

    assertThat(spec.ceiling(3)).isEqualTo(Duration.ofSeconds(8));
    assertThat(spec.delay(3)).isEqualTo(Duration.ofSeconds(4));
    assertThat(spec.ceiling(1000)).isEqualTo(spec.ceiling(40)).isPositive();
    assertThat(spec.delay(1000)).isPositive();
  }

  @Test
  void aBackoffMayStartThereToo() {
    ReconnectSpec spec = ReconnectSpec.create(FOR_EVER, FOR_EVER).random(() -> 0.5);

    assertThat(spec.ceiling(0)).isEqualTo(Arguments.LONGEST);
    assertThat(spec.delay(0)).isPositive();
    assertThat(spec.maxDials(FOR_EVER)).isPositive();
  }

  @Test
  void jitterThatRoundsUpStaysBelowTheCeiling() {
    Duration odd = Duration.ofNanos((1L << 54) - 1);
    ReconnectSpec spec = ReconnectSpec.create(odd, odd).random(() -> Math.nextDown(1.0));

    assertThat(spec.delay(0)).isLessThanOrEqualTo(odd);
    assertThat(ReconnectSpec.create(odd, odd).random(() -> 1.0).delay(0)).isEqualTo(odd);
  }

  @Test
  void aRangeOfDelaysKeepsWhatWasSetBefore() {
    ReconnectSpec spec =
        ReconnectSpec.create()
            .stableAfter(Duration.ofSeconds(7))
            .random(() -> 0.5)
            .backoff(Duration.ofSeconds(2), Duration.ofSeconds(4));
    assertThat(spec.stableAfter()).isEqualTo(Duration.ofSeconds(7));
    assertThat(spec.delay(0)).isEqualTo(Duration.ofSeconds(1));
    assertThat(spec.ceiling(9)).isEqualTo(Duration.ofSeconds(4));
  }
}
