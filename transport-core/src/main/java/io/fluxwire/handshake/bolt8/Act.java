package io.fluxwire.handshake.bolt8;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.HandshakeException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.Aead;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.handshake.internal.ForeignProtocol;
import io.fluxwire.handshake.internal.MonoPrefix;
import io.fluxwire.transport.ByteDuplex;
import java.util.Arrays;
import reactor.core.publisher.Mono;

/**
 * One of the three messages of the handshake (protocol.md section 11): a version, a key, and a tag.
 * The key of the third one, a node id, is sealed.
 */
enum Act {
  /** The dialer's ephemeral key, under a tag that only the node that it means can verify. */
  ONE(
      "act one",
      50,
      Reason.ACT_ONE_VERSION,
      Reason.ACT_ONE_KEY,
      Reason.ACT_ONE_TAG,
      "the peer meant another node than this one, or changed hands on the way",
      Reason.ACT_ONE_TRUNCATED),
  /** The acceptor's ephemeral key. */
  TWO(
      "act two",
      50,
      Reason.ACT_TWO_VERSION,
      Reason.ACT_TWO_KEY,
      Reason.ACT_TWO_TAG,
      "whoever answers is not the node that was expected",
      Reason.ACT_TWO_TRUNCATED),
  /** The dialer's node id and the proof of it. */
  THREE(
      "act three",
      66,
      Reason.ACT_THREE_VERSION,
      Reason.ACT_THREE_KEY,
      Reason.ACT_THREE_TAG,
      "the peer is not the node that it says it is",
      Reason.ACT_THREE_TRUNCATED);

  static final byte VERSION = 0;

  private final String text;
  private final int size;
  private final Reason version;
  private final Reason key;
  private final Reason tag;
  private final String impostor;
  private final Reason truncated;

  Act(
      String text,
      int size,
      Reason version,
      Reason key,
      Reason tag,
      String impostor,
      Reason truncated) {
    this.text = text;
    this.size = size;
    this.version = version;
    this.key = key;
    this.tag = tag;
    this.impostor = impostor;
    this.truncated = truncated;
  }

  /**
   * Receives this act. That it has another version may be seen before it is whole. What came behind
   * it is {@linkplain ByteDuplex#unread unread}.
   *
   * @return emits the act, of this size and the right version; errors with {@link
   *     HandshakeException}, and with {@link ConnectionClosedException} when the stream ends before
   *     it is whole. Subscribe on the connection's scheduler
   */
  Mono<byte[]> read(ByteDuplex duplex) {
    return new MonoPrefix(duplex, size, this::extent)
        .switchIfEmpty(
            Mono.error(
                () ->
                    new ConnectionClosedException(
                        Reason.CLOSED_BY_PEER,
                        "the peer closed the connection before " + text + meaning())));
  }

  /** What an acceptor means that refuses act one: it may not say so. */
  private String meaning() {
    return this == TWO ? ": it is not the node that was expected, or does not speak BOLT 8" : "";
  }

  private int extent(byte[] act, int filled, boolean last) {
    if (act[0] != VERSION) {
      String speaks = ForeignProtocol.describe(act, filled, last, "does not speak BOLT 8");
      if (speaks == null) {
        return size;
      }
      throw new HandshakeException(
          version,
          "%s of the peer has version %d, not 0: it %s".formatted(text, act[0] & 0xff, speaks));
    }
    if (last && filled < size) {
      throw new ConnectionClosedException(
          truncated,
          "the connection was lost: the stream ended after %d of the %d bytes of %s"
              .formatted(filled, size, text));
    }
    return size;
  }

  int size() {
    return size;
  }

  /** Checks a key that came with this act. */
  byte[] requireKey(Secp256k1 curve, byte[] received) {
    if (!curve.isPublicKey(received)) {
      throw new HandshakeException(
          key, "the peer's key in " + text + " is not a compressed point of the curve");
    }
    return received;
  }

  /** What a wrong tag of this act means. */
  HandshakeException wrongTag() {
    return new HandshakeException(tag, "the tag of " + text + " is wrong: " + impostor);
  }

  /** This act of its parts. */
  byte[] of(byte[] keyPart, byte[] tagPart) {
    byte[] act = new byte[size];
    act[0] = VERSION;
    System.arraycopy(keyPart, 0, act, 1, keyPart.length);
    System.arraycopy(tagPart, 0, act, 1 + keyPart.length, tagPart.length);
    return act;
  }

  /** The key of an act, which may be sealed. */
  byte[] keyOf(byte[] act) {
    return Arrays.copyOfRange(act, 1, size - Aead.TAG_SIZE);
  }

  /** The last tag of an act. */
  byte[] tagOf(byte[] act) {
    return Arrays.copyOfRange(act, size - Aead.TAG_SIZE, size);
  }

  /** As "act one". */
  @Override
  public String toString() {
    return text;
  }
}
