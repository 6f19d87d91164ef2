package io.fluxwire.handshake.v3;

import java.util.Arrays;
import javax.security.auth.Destroyable;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Upgrades#choose} gives: the choice, for the peer, and the secret in its ciphertext,
 * for this side alone.
 */
public final class ChosenUpgrade implements Destroyable {

  private final UpgradeChoice choice;
  private final byte @Nullable [] kemSecret;
  private volatile boolean destroyed;

  /** Takes the secret over. */
  ChosenUpgrade(UpgradeChoice choice, byte @Nullable [] kemSecret) {
    this.choice = choice;
    this.kemSecret = kemSecret;
  }

  /**
   * What to tell the peer.
   *
   * @return the choice
   */
  public UpgradeChoice choice() {
    return choice;
  }

  /**
   * The secret, as it is here: {@link #destroy()} wipes it.
   *
   * @return 32 bytes; null if the choice has no ciphertext
   */
  public byte @Nullable [] kemSecret() {
    return kemSecret;
  }

  /** Wipes the secret. */
  @Override
  public void destroy() {
    if (kemSecret != null) {
      Arrays.fill(kemSecret, (byte) 0);
    }
    destroyed = true;
  }

  @Override
  public boolean isDestroyed() {
    return destroyed;
  }

  /** Shows no secret. */
  @Override
  public String toString() {
    return "ChosenUpgrade[" + choice + ", ***]";
  }
}
