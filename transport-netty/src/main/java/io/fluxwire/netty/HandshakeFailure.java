package io.fluxwire.netty;

import io.fluxwire.PeerException;
import io.fluxwire.internal.AddressText;
import java.net.SocketAddress;
import java.util.Objects;

/**
 * A connection that a server refused, or whose handshake failed. Later versions may add details.
 */
public final class HandshakeFailure {

  private final SocketAddress remoteAddress;
  private final PeerException cause;

  HandshakeFailure(SocketAddress remoteAddress, PeerException cause) {
    this.remoteAddress = Objects.requireNonNull(remoteAddress, "remoteAddress");
    this.cause = Objects.requireNonNull(cause, "cause");
  }

  /**
   * The peer's address.
   *
   * @return the address
   */
  public SocketAddress remoteAddress() {
    return remoteAddress;
  }

  /**
   * Why the connection was refused, or why its handshake failed.
   *
   * @return the error, with a {@link PeerException#reason()}
   */
  public PeerException cause() {
    return cause;
  }

  /** For a person, in one line: the peer's address and the error. */
  @Override
  public String toString() {
    return AddressText.of(remoteAddress) + ": " + cause.getMessage();
  }
}
