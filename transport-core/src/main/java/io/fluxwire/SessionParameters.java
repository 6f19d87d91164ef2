package io.fluxwire;

import io.fluxwire.crypto.Aead;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The parameters that both sides of a session negotiated. Immutable; compared by value.
 *
 * <p>Later versions may add parameters.
 */
public final class SessionParameters {

  /** The protocol of a session. Later versions may add values. */
  public enum Protocol {
    /** Version 3's frames to the end (protocol.md sections 3 to 6). */
    V3("v3"),
    /** Version 3's handshake, followed by AEAD records (section 9). */
    UPGRADED("upgraded"),
    /** Today's Lightning handshake and its records (section 11). */
    BOLT8("bolt8");

    private final String text;

    Protocol(String text) {
      this.text = text;
    }

    /** The name, also used as a metric's tag. */
    @Override
    public String toString() {
      return text;
    }
  }

  /**
   * The feature bit of resumable channels: a session that has it carries one channel, and nothing
   * else (protocol.md section 10).
   */
  public static final long CHANNEL = 1;

  /** A session of version 3, which has nothing to negotiate. */
  public static final SessionParameters V3 = new SessionParameters(Protocol.V3, null, false, 0);

  /** A session of BOLT 8, which has nothing to negotiate. */
  public static final SessionParameters BOLT8 =
      new SessionParameters(Protocol.BOLT8, Aead.CHACHA20_POLY1305, false, 0);

  private final Protocol protocol;
  private final @Nullable Aead aead;
  private final boolean postQuantum;
  private final long features;

  private SessionParameters(
      Protocol protocol, @Nullable Aead aead, boolean postQuantum, long features) {
    this.protocol = protocol;
    this.aead = aead;
    this.postQuantum = postQuantum;
    this.features = features;
  }

  /**
   * The parameters of an upgraded session (protocol.md section 9.1).
   *
   * @param aead the cipher that was chosen
   * @param postQuantum whether the keys also come from an ML-KEM-768 secret
   * @param features the feature bits that were chosen
   * @return the parameters
   */
  public static SessionParameters upgraded(Aead aead, boolean postQuantum, long features) {
    Objects.requireNonNull(aead, "aead");
    return new SessionParameters(Protocol.UPGRADED, aead, postQuantum, features);
  }

  /**
   * Checks that all bits of a set of features are known.
   *
   * @param features a set of bits
   * @return the same
   * @throws IllegalArgumentException for bits that this version does not know
   */
  public static long requireKnown(long features) {
    if ((features & ~CHANNEL) != 0) {
      throw new IllegalArgumentException("unknown features: " + Long.toBinaryString(features));
    }
    return features;
  }

  /**
   * The session's protocol.
   *
   * @return the protocol
   */
  public Protocol protocol() {
    return protocol;
  }

  /**
   * The cipher of the records of an upgraded session, or of BOLT 8's.
   *
   * @return null for a session of version 3, which has AES-128-CTR with HMAC-SHA-256
   */
  public @Nullable Aead aead() {
    return aead;
  }

  /**
   * Whether the session stays secret even if somebody records it today and decrypts it with a
   * quantum computer later.
   *
   * @return true if its keys also come from an ML-KEM-768 secret
   */
  public boolean isPostQuantum() {
    return postQuantum;
  }

  /**
   * The features that both sides chose.
   *
   * @return a set of bits, as protocol.md section 9.1 gives them; 0 for none
   */
  public long features() {
    return features;
  }

  /**
   * Whether the session carries a resumable channel.
   *
   * @return true if {@link #CHANNEL} was chosen
   */
  public boolean hasChannel() {
    return (features & CHANNEL) != 0;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SessionParameters that
        && protocol == that.protocol
        && aead == that.aead
        && postQuantum == that.postQuantum
        && features == that.features;
  }

  @Override
  public int hashCode() {
    return Objects.hash(protocol, aead, postQuantum, features);
  }

  /** As "v3", "upgraded, AES-128-GCM, post-quantum", or "bolt8, ChaCha20-Poly1305". */
  @Override
  public String toString() {
    return protocol
        + (aead == null ? "" : ", " + aead)
        + (postQuantum ? ", post-quantum" : "")
        + (features == 0 ? "" : ", features " + Long.toBinaryString(features));
  }
}
