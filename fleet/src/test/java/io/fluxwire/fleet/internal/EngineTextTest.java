package io.fluxwire.fleet.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.AccessRule.Action;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.identity.NodeKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EngineTextTest {

  private static final InstanceId INSTANCE = InstanceId.random("i");

  @Test
  void aRowComesBack() {
    Holding row = new Holding(NodeKey.generate().id(), INSTANCE, Long.MIN_VALUE);

    assertThat(EngineText.row(INSTANCE, EngineText.row(row.peer(), row.epoch()))).isEqualTo(row);
  }

  @Test
  void rulesComeBackAndTheirOrderIsThatOfTheirTimes() {
    List<AccessRule> rules = new ArrayList<>();
    List<Instant> times =
        List.of(
            Instant.MIN,
            Instant.EPOCH.minusNanos(1),
            Instant.EPOCH,
            Instant.parse("2026-11-28T01:02:03.000000004Z"),
            Instant.MAX);
    for (Instant setAt : times) {
      for (Action action : Action.values()) {
        times.forEach(until -> rules.add(new AccessRule("t", action, setAt, until)));
      }
    }

    for (AccessRule one : rules) {
      assertThat(EngineText.rule("t", EngineText.order(one))).isEqualTo(one);
      for (AccessRule two : rules) {
        assertThat(Integer.signum(EngineText.order(one).compareTo(EngineText.order(two))))
            .as("%s and %s", one, two)
            .isEqualTo(Integer.signum(AccessRule.BY_TIME.compare(one, two)));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1", " ", "00 1", "02 ", "x x x"})
  void whatIsNoRowIsRefused(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> EngineText.row(INSTANCE, text));
  }

  @Test
  void whatIsNoRuleIsRefused() {
    String order = EngineText.order(new AccessRule("t", Action.DENY, Instant.EPOCH, Instant.EPOCH));

    for (String text :
        List.of(
            "",
            order.substring(1),
            order.substring(0, 26) + "3" + order.substring(27),
            "x" + order.substring(1),
            "9" + order.substring(1))) {
      assertThatIllegalArgumentException().isThrownBy(() -> EngineText.rule("t", text));
    }
  }
}
