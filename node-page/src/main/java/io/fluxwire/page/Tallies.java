package io.fluxwire.page;

import io.fluxwire.Reason;
import io.fluxwire.page.Snapshot.Tally;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** How often something happened for each reason, and the latest time. Thread-safe. */
final class Tallies {

  /** How much of a text is kept: it is sent each second, and a peer may have written it. */
  static final int MAX_TEXT = 300;

  private final Map<Reason, Tally> byReason = new EnumMap<>(Reason.class);

  /**
   * It happened once more.
   *
   * @param at when, in milliseconds
   * @param who a peer's id, or where it was
   * @param text the reason for a person
   * @param fault whether something went wrong
   */
  synchronized void add(Reason reason, long at, String who, String text, boolean fault) {
    String kept = text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT) + "…";
    byReason.merge(
        reason,
        new Tally(reason.name(), 1, at, who, kept, fault),
        (before, now) -> new Tally(reason.name(), before.count() + 1, at, who, kept, fault));
  }

  /** One for each reason that there was, the most frequent first. */
  synchronized List<Tally> list() {
    return byReason.values().stream()
        .sorted(Comparator.comparingLong(Tally::count).reversed().thenComparing(Tally::reason))
        .toList();
  }
}
