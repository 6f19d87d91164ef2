package io.fluxwire.handshake.v3;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.HandshakeException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.handshake.internal.ForeignProtocol;
import io.fluxwire.handshake.internal.MonoPrefix;
import io.fluxwire.transport.ByteDuplex;
import io.netty.buffer.Unpooled;
import java.security.MessageDigest;
import reactor.core.publisher.Mono;

/**
 * The first stage (protocol.md section 1): each side sends its session public key, 33 bytes, and
 * waits for nothing before it does.
 */
public final class SessionKeyExchange {

  private SessionKeyExchange() {}

  /**
   * Sends this side's key and receives the peer's.
   *
   * <p>Emits the peer's session public key, 33 bytes; whether it is a point of the curve is for
   * {@link KeyAgreement} to find out. What came behind it is {@linkplain ByteDuplex#unread unread}
   * then. Errors with {@link HandshakeException} when the key has another prefix than 02 or 03,
   * which may be seen before it is whole, or is this side's own; with {@link
   * ConnectionClosedException} when the peer ends its stream first; with the transport's error.
   * Each subscription exchanges anew. Cancelling stops reading; the connection is the caller's to
   * close.
   *
   * @param duplex the connection
   * @param ours this side's session key pair
   * @return the peer's key
   */
  public static Mono<byte[]> exchange(ByteDuplex duplex, SessionKeyPair ours) {
    return Mono.defer(
        () -> {
          // A failed write ends the connection, which the reading side reports.
          duplex.write(Unpooled.wrappedBuffer(ours.publicKey()), failure -> {});
          return new MonoPrefix(duplex, SessionKeyPair.PUBLIC_KEY_SIZE, SessionKeyExchange::extent)
              .switchIfEmpty(
                  Mono.error(
                      () ->
                          new ConnectionClosedException(
                              Reason.CLOSED_BY_PEER,
                              "the peer closed the connection before it sent its session key")))
              .doOnNext(theirs -> check(theirs, ours.publicKey()));
        });
  }

  private static int extent(byte[] head, int filled, boolean last) {
    if (head[0] == 2 || head[0] == 3) {
      return SessionKeyPair.PUBLIC_KEY_SIZE;
    }
    String speaks = ForeignProtocol.describe(head, filled, last, "does not speak version 3");
    if (speaks == null) {
      return SessionKeyPair.PUBLIC_KEY_SIZE;
    }
    throw new HandshakeException(
        Reason.SESSION_KEY_PREFIX,
        "the peer's session key starts with %02x, not 02 or 03: it %s".formatted(head[0], speaks));
  }

  private static void check(byte[] theirs, byte[] ours) {
    if (MessageDigest.isEqual(theirs, ours)) {
      throw new HandshakeException(
          Reason.SESSION_KEY_REFLECTED, "the peer sent this side's own session key back");
    }
  }
}
