package io.fluxwire.fleet.jgroups;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.AccessRule.Action;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RuleBookTest {

  private static final Instant START = Instant.ofEpochSecond(1_700_000_000);

  private Instant now = START;
  private final RuleBook rules = new RuleBook(() -> now);

  private static AccessRule rule(String target, Action action, long setAt, long until) {
    return new AccessRule(target, action, START.plusSeconds(setAt), START.plusSeconds(until));
  }

  @Test
  void theLaterOfTwoRulesCounts() {
    AccessRule later = rule("a", Action.NONE, 2, 100);

    assertThat(rules.enter(rule("a", Action.DENY, 1, 100))).isEqualTo(RuleBook.Entry.TAKEN);
    assertThat(rules.enter(later)).isEqualTo(RuleBook.Entry.TAKEN);
    assertThat(rules.enter(later)).isEqualTo(RuleBook.Entry.OLD);
    assertThat(rules.enter(rule("a", Action.DENY, 1, 100))).isEqualTo(RuleBook.Entry.OLD);

    assertThat(rules.all()).containsExactly(later);
  }

  @Test
  void aRuleThatHasEndedIsForgotten() {
    rules.enter(rule("a", Action.DENY, 0, 10));
    now = START.plusSeconds(10);

    assertThat(rules.all()).isEmpty();
    assertThat(rules.enter(rule("b", Action.DENY, 0, 10))).isEqualTo(RuleBook.Entry.OLD);
  }

  @Test
  void thereAreNeverMoreThanTheLimitAndThoseThatHaveEndedMakeRoom() {
    for (int i = 0; i < RuleBook.MAX_RULES; i++) {
      rules.enter(rule("target " + i, Action.DENY, 0, 10));
    }

    assertThat(rules.enter(rule("one more", Action.DENY, 0, 100))).isEqualTo(RuleBook.Entry.FULL);
    assertThat(rules.enter(rule("target 0", Action.NONE, 1, 10))).isEqualTo(RuleBook.Entry.TAKEN);
    assertThat(rules.all()).hasSize(RuleBook.MAX_RULES);

    now = START.plusSeconds(10);
    assertThat(rules.enter(rule("one more", Action.DENY, 0, 100))).isEqualTo(RuleBook.Entry.TAKEN);
    assertThat(rules.all()).hasSize(1);
  }
}
