package io.fluxwire.fleet.jgroups;

import io.fluxwire.fleet.engine.AccessRule;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The rules that a member knows: for each target the one that counts. Thread-safe. */
final class RuleBook {

  /** How many rules a fleet can have at a time. */
  static final int MAX_RULES = 16_384;

  /** What is said when there are too many. */
  static final String TOO_MANY =
      "a fleet can have %,d rules at a time; lift some, or let them end sooner"
          .formatted(MAX_RULES);

  private final InstantSource clock;
  private final Map<String, AccessRule> rules = new HashMap<>();

  RuleBook(InstantSource clock) {
    this.clock = clock;
  }

  /** What became of a rule. */
  enum Entry {
    /** It counts from now on. */
    TAKEN,
    /** It has ended, or one that is known is later or the same. */
    OLD,
    /** There are too many. */
    FULL
  }

  synchronized Entry enter(AccessRule rule) {
    AccessRule known = rules.get(rule.target());
    if (hasEnded(rule) || (known != null && AccessRule.BY_TIME.compare(rule, known) <= 0)) {
      return Entry.OLD;
    }
    if (known == null && rules.size() >= MAX_RULES) {
      rules.values().removeIf(this::hasEnded);
      if (rules.size() >= MAX_RULES) {
        return Entry.FULL;
      }
    }
    rules.put(rule.target(), rule);
    return Entry.TAKEN;
  }

  /** Those that have not ended. */
  synchronized List<AccessRule> all() {
    rules.values().removeIf(this::hasEnded);
    return List.copyOf(rules.values());
  }

  private boolean hasEnded(AccessRule rule) {
    Instant now = clock.instant();
    return !rule.until().isAfter(now);
  }
}
