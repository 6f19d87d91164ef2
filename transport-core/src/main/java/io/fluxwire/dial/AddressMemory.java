package io.fluxwire.dial;

import java.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a publisher remembers from one round of a dial to the next: the last address that connected,
 * how often in a row an address family lost to the other, and how many rounds have failed.
 */
final class AddressMemory {

  private static final int LOSSES_TO_COME_LAST = 2;

  private @Nullable SocketAddress lastGood;
  private int ipv6Losses;
  private int ipv4Losses;
  private int failedRounds;

  @Nullable SocketAddress lastGood() {
    return lastGood;
  }

  /**
   * Whether an address family is to be tried only when all addresses of the other one have been
   * tried.
   */
  boolean comesLast(boolean ipv6) {
    return ipv6
        ? ipv6Losses >= LOSSES_TO_COME_LAST && ipv4Losses == 0
        : ipv4Losses >= LOSSES_TO_COME_LAST && ipv6Losses == 0;
  }

  int failedRounds() {
    return failedRounds;
  }

  void lost() {
    failedRounds++;
  }

  void won(SocketAddress winner, List<SocketAddress> losers) {
    lastGood = winner;
    boolean ipv6 = AddressQueue.isIpv6(winner);
    boolean otherLost = losers.stream().anyMatch(loser -> AddressQueue.isIpv6(loser) != ipv6);
    if (ipv6) {
      ipv6Losses = 0;
      ipv4Losses += otherLost ? 1 : 0;
    } else {
      ipv4Losses = 0;
      ipv6Losses += otherLost ? 1 : 0;
    }
  }
}
