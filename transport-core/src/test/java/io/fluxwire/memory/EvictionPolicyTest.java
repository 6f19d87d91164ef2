package io.fluxwire.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.memory.EvictionPolicy.Holding;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class EvictionPolicyTest {

  private static final Duration FIVE = Duration.ofNanos(5);

  /** Bytes of a frame and their age, bytes of writes and theirs. */
  private static Holding<String> holding(String owner, long frame, long age, long writes, long of) {
    return new Holding<>(owner, frame, age, writes, of, false);
  }

  private static Arguments row(String what, String victim, List<Holding<String>> holdings) {
    return Arguments.of(what, victim, holdings);
  }

  static Stream<Arguments> table() {
    return Stream.of(
        row("nobody holds anything", "nobody", List.of()),
        row(
            "the most bytes of those of one age",
            "b",
            List.of(holding("a", 10, 9, 0, 0), holding("b", 11, 9, 0, 0))),
        row(
            "the longest of those of one size",
            "b",
            List.of(holding("a", 0, 0, 10, 9), holding("b", 0, 0, 10, 10))),
        row("bytes times time", "a", List.of(holding("a", 10, 9, 0, 0), holding("b", 4, 23, 0, 0))),
        row(
            "both ways together",
            "b",
            List.of(holding("a", 10, 9, 0, 0), holding("b", 6, 9, 6, 9))),
        row(
            "who holds for less is left alone, however much",
            "b",
            List.of(holding("a", 1_000_000, 4, 0, 0), holding("b", 1, 5, 0, 0))),
        row(
            "what is held for less does not count beside what is held for longer",
            "b",
            List.of(holding("a", 1_000_000, 4, 1, 5), holding("b", 2, 5, 0, 0))),
        row(
            "all hold for less",
            "nobody",
            List.of(holding("a", 1_000_000, 4, 0, 0), holding("b", 0, 0, 9, 0))),
        row(
            "who ends already is no victim",
            "b",
            List.of(new Holding<>("a", 1_000_000, 9, 0, 0, true), holding("b", 1, 9, 0, 0))),
        row(
            "the first one of equals",
            "a",
            List.of(holding("a", 10, 9, 0, 0), holding("b", 0, 0, 10, 9))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("table")
  void theVictimIs(String what, String victim, List<Holding<String>> holdings) {
    String chosen = EvictionPolicy.victim(holdings, FIVE);
    assertThat(chosen == null ? "nobody" : chosen).isEqualTo(victim);
  }

  @Test
  void whatIsHeldSinceThisMomentCountsWhenNoAgeIsAskedFor() {
    List<Holding<String>> holdings = List.of(holding("a", 1, 0, 0, 0), holding("b", 0, 0, 2, 0));
    assertThat(EvictionPolicy.victim(holdings, Duration.ZERO)).isEqualTo("b");
  }

  @Test
  void sizesAndAgesThatWouldOverflowAsNumbersAreCompared() {
    long century = Duration.ofDays(36_500).toNanos();
    List<Holding<String>> holdings =
        List.of(
            holding("a", Integer.MAX_VALUE, century, Long.MAX_VALUE / 4, century),
            holding("b", 1, century, 0, 0));
    assertThat(EvictionPolicy.victim(holdings, FIVE)).isEqualTo("a");
  }
}
