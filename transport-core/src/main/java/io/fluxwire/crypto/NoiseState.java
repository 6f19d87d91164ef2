package io.fluxwire.crypto;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import javax.security.auth.Destroyable;
import org.jspecify.annotations.Nullable;

/**
 * The symmetric state of a Noise handshake (revision 34, section 5.2), with ChaCha20-Poly1305 and
 * SHA-256: a hash of all that both sides have seen, a chaining key of all that they have agreed on,
 * and the key that seals what they say meanwhile. Thread-safe: it may be destroyed at any moment,
 * after which all else throws {@link IllegalStateException}.
 */
public final class NoiseState implements Destroyable {

  private static final byte[] NOTHING = {};

  private final ChaChaPoly cipher = new ChaChaPoly();
  private final byte[] chainingKey;
  private byte[] hash;

  /** How often the key has sealed or opened. */
  private long nonce;

  private boolean destroyed;

  private NoiseState(byte[] hash) {
    this.hash = hash;
    this.chainingKey = hash.clone();
  }

  /**
   * The state before the first message, of which nothing is secret.
   *
   * @param protocol the protocol's name, of at least 32 bytes of ASCII
   * @param prologue what both sides know beforehand
   * @param responder the static key of the side that is dialled, 33 bytes
   * @return the state, the caller's to destroy
   */
  public static NoiseState initialize(String protocol, byte[] prologue, byte[] responder) {
    NoiseState state =
        new NoiseState(sha256(NOTHING, protocol.getBytes(StandardCharsets.US_ASCII)));
    state.mixHash(prologue);
    state.mixHash(responder);
    return state;
  }

  /**
   * Adds to what both sides have seen.
   *
   * @param seen the bytes, as they were sent
   */
  public synchronized void mixHash(byte[] seen) {
    requireAlive();
    hash = sha256(hash, seen);
  }

  /**
   * Adds to what both sides have agreed on.
   *
   * @param secret 32 bytes, wiped by this
   */
  public synchronized void mixKey(byte[] secret) {
    byte[][] next = new byte[0][];
    try {
      requireAlive();
      next = Hkdf.pair(chainingKey, secret);
      System.arraycopy(next[0], 0, chainingKey, 0, chainingKey.length);
      cipher.key(next[1]);
      nonce = 0;
    } finally {
      Arrays.fill(secret, (byte) 0);
      wipe(next);
    }
  }

  /**
   * Adds what an ephemeral key pair and a key of the peer's agree on. Takes about 0.1 ms of CPU.
   *
   * @param curve the curve implementation
   * @param ours the pair, which stays
   * @param theirs a key of the peer's, 33 bytes
   * @throws IllegalArgumentException when the key is not a point of the curve
   */
  public synchronized void mixAgreement(Secp256k1 curve, SessionKeyPair ours, byte[] theirs) {
    requireAlive();
    mixKey(ours.agreeOnce(curve, theirs));
  }

  /**
   * Seals what this side says, and adds it to what both sides have seen.
   *
   * @param plain the bytes
   * @return what goes over the wire, {@link Aead#TAG_SIZE} bytes more
   */
  public synchronized byte[] encryptAndHash(byte[] plain) {
    requireAlive();
    byte[] sealed = new byte[plain.length + Aead.TAG_SIZE];
    cipher.seal(nonce++, hash, plain, 0, plain.length, sealed, 0);
    mixHash(sealed);
    return sealed;
  }

  /**
   * Opens what the peer says, and adds it to what both sides have seen.
   *
   * @param sealed what came over the wire
   * @return {@link Aead#TAG_SIZE} bytes less; null when the tag is wrong, which ends the handshake
   */
  public synchronized byte @Nullable [] decryptAndHash(byte[] sealed) {
    requireAlive();
    byte[] plain = new byte[sealed.length - Aead.TAG_SIZE];
    if (!cipher.open(nonce++, hash, sealed, 0, sealed.length, plain, 0)) {
      return null;
    }
    mixHash(sealed);
    return plain;
  }

  /**
   * The keys of both directions. Ends in {@link #destroy()}.
   *
   * @return the keys, the caller's to use up or destroy; each direction's chaining key is the
   *     handshake's last one, as BOLT 8 wants it
   */
  public synchronized NoiseKeys split() {
    requireAlive();
    try {
      byte[][] keys = Hkdf.pair(chainingKey, NOTHING);
      return new NoiseKeys(
          new ChainedKey(chainingKey.clone(), keys[0]),
          new ChainedKey(chainingKey.clone(), keys[1]));
    } finally {
      destroy();
    }
  }

  private void requireAlive() {
    if (destroyed) {
      throw new IllegalStateException("this handshake is over");
    }
  }

  private static void wipe(byte[][] secrets) {
    for (byte[] secret : secrets) {
      Arrays.fill(secret, (byte) 0);
    }
  }

  private static byte[] sha256(byte[] first, byte[] second) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(first);
      return sha256.digest(second);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Wipes all keys. */
  @Override
  public synchronized void destroy() {
    Arrays.fill(chainingKey, (byte) 0);
    cipher.destroy();
    destroyed = true;
  }

  @Override
  public synchronized boolean isDestroyed() {
    return destroyed;
  }

  /** Shows no key. */
  @Override
  public String toString() {
    return "NoiseState[***]";
  }
}
