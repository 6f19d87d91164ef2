package io.fluxwire.netty;

import io.fluxwire.handshake.Dialect;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.handshake.UpgradePolicy.Mode;
import io.fluxwire.session.SessionSpec;

/** What does not go together with BOLT 8. */
final class Bolt8 {

  private Bolt8() {}

  static boolean isSpoken(SessionSpec<?> session) {
    return session.dialects().contains(Dialect.BOLT8);
  }

  /**
   * Whoever insists on post-quantum secrecy must not get sessions without it unawares.
   *
   * @throws IllegalStateException if the session's policy does
   */
  static void requireSuited(SessionSpec<?> session) {
    UpgradePolicy policy = session.upgrade();
    if (policy.mode() != Mode.OFF && policy.postQuantum() == Mode.REQUIRED) {
      throw new IllegalStateException(
          "BOLT 8 has no post-quantum secrecy, on which upgrade(...) insists");
    }
  }
}
