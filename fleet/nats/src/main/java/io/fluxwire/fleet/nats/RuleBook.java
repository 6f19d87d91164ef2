package io.fluxwire.fleet.nats;

import io.fluxwire.fleet.engine.AccessRule;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** The rules that an instance knows, until they end. It outlives sessions. Thread-safe. */
final class RuleBook {

  private final ConcurrentNavigableMap<String, AccessRule> rules = new ConcurrentSkipListMap<>();

  /** Of two rules for a target the later one stays. */
  void add(AccessRule rule) {
    rules.merge(
        rule.target(), rule, (one, two) -> AccessRule.BY_TIME.compare(one, two) >= 0 ? one : two);
  }

  void removeEnded(Instant now) {
    rules.values().removeIf(rule -> !rule.until().isAfter(now));
  }

  Collection<AccessRule> all() {
    return List.copyOf(rules.values());
  }

  /**
   * The next ones in the order of their targets.
   *
   * @param after the target of the last one of the page before; empty for the first page
   * @param limit how many at most
   */
  List<AccessRule> page(String after, int limit) {
    return rules.tailMap(after, false).values().stream().limit(limit).toList();
  }
}
