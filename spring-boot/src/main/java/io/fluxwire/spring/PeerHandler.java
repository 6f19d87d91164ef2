package io.fluxwire.spring;

import io.fluxwire.PeerConnection;
import org.reactivestreams.Publisher;

/**
 * What the application does with each peer that connects: a bean of this type is the server's
 * handler, as of {@link io.fluxwire.netty.PeerServer#handle}.
 *
 * @param <P> the application's packet type, that of the {@code PacketCodec} bean
 */
@FunctionalInterface
public interface PeerHandler<P> {

  /**
   * Serves one peer. Called on the connection's event loop, which must not be blocked.
   *
   * @param peer the connection, its node id proven and authorized
   * @return when it completes, the connection is closed in good order; when it errors, that is
   *     logged, and the peer is told that the application failed and no more ({@link
   *     PeerConnection#closeWithError})
   */
  Publisher<Void> handle(PeerConnection<P> peer);
}
