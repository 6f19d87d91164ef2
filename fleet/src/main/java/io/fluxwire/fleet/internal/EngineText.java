package io.fluxwire.fleet.internal;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.AccessRule.Action;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import java.time.Instant;
import java.util.List;

/**
 * Rows and rules as text, for engines that carry bytes: an operator who looks into the engine can
 * read them. What is read may come from anybody who can write to the engine: all that is not of
 * these forms throws {@link IllegalArgumentException}.
 */
public final class EngineText {

  /** So that seconds before 1970 are not negative, whose texts would be in the wrong order. */
  private static final long FIRST_SECOND = Instant.MIN.getEpochSecond();

  private static final int SECOND_DIGITS = 17;
  private static final int NANO_DIGITS = 9;
  private static final int INSTANT_DIGITS = SECOND_DIGITS + NANO_DIGITS;
  private static final int ORDER_DIGITS = INSTANT_DIGITS + 1 + INSTANT_DIGITS;

  /** In their order, of which each is one digit. */
  private static final List<Action> ACTIONS = List.of(Action.NONE, Action.ALLOW, Action.DENY);

  private EngineText() {}

  /**
   * A row of a known instance.
   *
   * @param peer the peer
   * @param epoch the epoch of its connection
   * @return the peer as hex, a space, the epoch
   */
  public static String row(NodeId peer, long epoch) {
    return peer + " " + epoch;
  }

  /**
   * Reads what {@link #row} wrote.
   *
   * @param instance the instance that holds the peer
   * @param text the text
   * @return the row
   */
  public static Holding row(InstanceId instance, String text) {
    int space = text.indexOf(' ');
    if (space < 0) {
      throw new IllegalArgumentException("not a row: a peer and an epoch were expected");
    }
    return new Holding(
        NodeId.parse(text.substring(0, space)),
        instance,
        Long.parseLong(text, space + 1, text.length(), 10));
  }

  /**
   * All of a rule but its target, as digits whose order is {@link AccessRule#BY_TIME}: so an engine
   * that can only compare texts finds out which of two rules counts.
   *
   * @param rule the rule
   * @return 53 digits
   */
  public static String order(AccessRule rule) {
    return digits(rule.setAt()) + ACTIONS.indexOf(rule.action()) + digits(rule.until());
  }

  private static String digits(Instant instant) {
    return "%017d%09d".formatted(instant.getEpochSecond() - FIRST_SECOND, instant.getNano());
  }

  /**
   * Reads what {@link #order} wrote.
   *
   * @param target the target of the rule
   * @param order the digits
   * @return the rule
   */
  public static AccessRule rule(String target, String order) {
    int action = order.length() == ORDER_DIGITS ? order.charAt(INSTANT_DIGITS) - '0' : -1;
    if (action < 0 || action >= ACTIONS.size()) {
      throw new IllegalArgumentException("not a rule: 53 digits were expected");
    }
    return new AccessRule(
        target, ACTIONS.get(action), instant(order, 0), instant(order, INSTANT_DIGITS + 1));
  }

  private static Instant instant(String order, int from) {
    int nanos = from + SECOND_DIGITS;
    long seconds = Long.parseLong(order, from, nanos, 10) + FIRST_SECOND;
    if (seconds > Instant.MAX.getEpochSecond() || seconds < FIRST_SECOND) {
      throw new IllegalArgumentException("not a rule: its time is out of range");
    }
    return Instant.ofEpochSecond(seconds, Long.parseLong(order, nanos, nanos + NANO_DIGITS, 10));
  }
}
