package io.fluxwire.page;

import io.fluxwire.Reason;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a reason means, for a person.
 *
 * @param description what happened
 * @param advice what to do about it
 * @param origin who caused it
 * @param retryable whether dialing again can help while neither side changes anything
 */
record Explanation(String description, String advice, Reason.Origin origin, boolean retryable) {

  /** Those of all reasons, by their names. */
  static Map<String, Explanation> all() {
    return Arrays.stream(Reason.values()).collect(Collectors.toMap(Enum::name, Explanation::of));
  }

  private static Explanation of(Reason reason) {
    return new Explanation(
        reason.description(), reason.advice(), reason.origin(), reason.isRetryable());
  }
}
