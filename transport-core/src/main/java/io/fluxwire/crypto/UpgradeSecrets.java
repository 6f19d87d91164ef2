package io.fluxwire.crypto;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import javax.security.auth.Destroyable;
import org.jspecify.annotations.Nullable;

/**
 * The secrets of both directions of an upgraded session (protocol.md section 9.2).
 *
 * @param dialer of what the side that dialled sends
 * @param acceptor of what the side that was dialled sends
 */
public record UpgradeSecrets(TrafficSecret dialer, TrafficSecret acceptor) implements Destroyable {

  private static final byte[] LABEL = "fluxwire-upgrade-1".getBytes(StandardCharsets.US_ASCII);

  /**
   * Derives them. All that is given stays the caller's, to wipe where it is secret.
   *
   * @param dialerSessionKey the dialling side's session public key, 33 bytes
   * @param acceptorSessionKey the other side's, 33 bytes
   * @param acceptorAuthenticate the acceptor's Authenticate: the bytes of the whole packet as they
   *     were sent, decrypted
   * @param dialerAuthenticate the dialler's
   * @param sharedSecret what both session keys share (section 2), 32 bytes
   * @param kemSecret what was encapsulated, 32 bytes; null if nothing was
   * @return the secrets
   */
  public static UpgradeSecrets derive(
      byte[] dialerSessionKey,
      byte[] acceptorSessionKey,
      byte[] acceptorAuthenticate,
      byte[] dialerAuthenticate,
      byte[] sharedSecret,
      byte @Nullable [] kemSecret) {
    byte[] transcript =
        transcript(dialerSessionKey, acceptorSessionKey, acceptorAuthenticate, dialerAuthenticate);
    byte[] key = pseudoRandomKey(transcript, sharedSecret, kemSecret);
    try {
      return new UpgradeSecrets(
          direction(key, "fluxwire dialler"), direction(key, "fluxwire acceptor"));
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  /** The caller's to wipe. */
  static byte[] pseudoRandomKey(
      byte[] transcript, byte[] sharedSecret, byte @Nullable [] kemSecret) {
    return kemSecret == null
        ? Hkdf.extract(transcript, sharedSecret)
        : Hkdf.extract(transcript, sharedSecret, kemSecret);
  }

  static byte[] transcript(
      byte[] dialerSessionKey, byte[] acceptorSessionKey, byte[] acceptor, byte[] dialer) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(LABEL);
      sha256.update(dialerSessionKey);
      sha256.update(acceptorSessionKey);
      sha256.update(littleEndian(acceptor.length));
      sha256.update(acceptor);
      sha256.update(littleEndian(dialer.length));
      sha256.update(dialer);
      return sha256.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static byte[] littleEndian(int length) {
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(length).array();
  }

  private static TrafficSecret direction(byte[] key, String who) {
    byte[] secret = Hkdf.expand(key, who, TrafficSecret.SIZE);
    try {
      return TrafficSecret.of(secret);
    } finally {
      Arrays.fill(secret, (byte) 0);
    }
  }

  /** Wipes what no stream has taken. */
  @Override
  public void destroy() {
    dialer.destroy();
    acceptor.destroy();
  }

  @Override
  public boolean isDestroyed() {
    return dialer.isDestroyed() && acceptor.isDestroyed();
  }

  /** Shows no key. */
  @Override
  public String toString() {
    return "UpgradeSecrets[***]";
  }
}
