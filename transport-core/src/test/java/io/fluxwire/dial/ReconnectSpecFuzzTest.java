package io.fluxwire.dial;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.time.Duration;

/** Any backoff: refused when it is made, or good for ever. */
class ReconnectSpecFuzzTest {

  @FuzzTest
  void backoff(FuzzedDataProvider data) {
    Duration min = duration(data);
    Duration max = duration(data);
    double jitter = data.consumeProbabilityDouble();
    ReconnectSpec spec;
    try {
      spec = ReconnectSpec.create(min, max).random(() -> jitter);
    } catch (IllegalArgumentException e) {
      assertThat(min.isZero() || min.isNegative() || max.compareTo(min) < 0).isTrue();
      return;
    }
    Duration last = Duration.ZERO;
    int failures = 0;
    for (int i = 0; i < 70; i++) {
      Duration ceiling = spec.ceiling(failures);
      assertThat(ceiling).isBetween(last, max).isPositive();
      assertThat(spec.delay(failures)).isBetween(Duration.ZERO, ceiling);
      last = ceiling;
      failures += i < 60 ? 1 : data.consumeInt(0, 1 << 27);
    }
  }

  private static Duration duration(FuzzedDataProvider data) {
    return Duration.ofSeconds(
        data.consumeBoolean() ? data.consumeInt(0, 1000) : data.consumeLong(),
        data.consumeInt(0, 999_999_999));
  }
}
