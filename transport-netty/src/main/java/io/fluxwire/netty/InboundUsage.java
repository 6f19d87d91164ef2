package io.fluxwire.netty;

import io.fluxwire.memory.MemoryBudget;
import org.jspecify.annotations.Nullable;

/**
 * How much of its {@link InboundLimits} a server uses at one moment, for people who size it and for
 * those who look why a peer is refused.
 *
 * @param connections accepted connections that are not closed, handshakes included and reserved
 *     slots not
 * @param reserved connections in slots of {@link InboundLimits#reserve}
 * @param handshakes handshakes that are under way, without those in reserved slots
 * @param bytes what connections hold of {@link InboundLimits#bytes}
 */
public record InboundUsage(Share connections, Share reserved, Share handshakes, Share bytes) {

  /**
   * What is used of one limit.
   *
   * @param used how many connections, or bytes
   * @param max the limit; {@link Long#MAX_VALUE} where there is none
   */
  public record Share(long used, long max) {

    /**
     * Whether there is a limit.
     *
     * @return false if there can be any number
     */
    public boolean isLimited() {
      return max != Long.MAX_VALUE;
    }
  }

  static Share of(int used, int max) {
    return new Share(used, max == Integer.MAX_VALUE ? Long.MAX_VALUE : max);
  }

  static Share of(@Nullable MemoryBudget budget) {
    return budget == null
        ? new Share(0, Long.MAX_VALUE)
        : new Share(budget.held(), budget.capacity());
  }
}
