package io.fluxwire.netty;

import io.fluxwire.PeerException;
import io.fluxwire.internal.AddressText;
import java.net.SocketAddress;
import java.util.Objects;

/**
 * A connection that a server did not let in, or whose peer did not get through the handshake. May
 * tell more in versions to come.
 */
public final class HandshakeFailure {

  private final SocketAddress remoteAddress;
  private final PeerException cause;

  HandshakeFailure(SocketAddress remoteAddress, PeerException cause) {
    this.remoteAddress = Objects.requireNonNull(remoteAddress, "remoteAddress");
    this.cause = Objects.requireNonNull(cause, "cause");
  }

  /**
   * Where the peer was.
   *
   * @return its address
   */
  public SocketAddress remoteAddress() {
    return remoteAddress;
  }

  /**
   * Why it was refused, or what failed.
   *
   * @return the error, with a {@link PeerException#reason()}
   */
  public PeerException cause() {
    return cause;
  }

  /** For a person, in one line: where the peer was, and why. */
  @Override
  public String toString() {
    return AddressText.of(remoteAddress) + ": " + cause.getMessage();
  }
}
