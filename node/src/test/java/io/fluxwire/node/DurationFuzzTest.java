package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.time.Duration;
import picocli.CommandLine.TypeConversionException;

/** Any text as a duration: one that timers can count, or wrong usage. */
class DurationFuzzTest {

  @FuzzTest
  void parse(FuzzedDataProvider data) {
    String text = data.consumeRemainingAsString();
    try {
      Duration duration = Durations.parse(text);
      assertThat(duration.toNanos()).isNotNegative();
      assertThat(text).matches("\\p{Digit}{1,9}(ms|s|m|h)");
    } catch (TypeConversionException e) {
      assertThat(text).doesNotMatch("\\p{Digit}{1,5}(ms|s|m|h)");
    }
  }
}
