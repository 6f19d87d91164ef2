package io.fluxwire.transport;

import java.net.SocketAddress;
import reactor.core.publisher.Mono;

/**
 * Connects to an address: the dialling half of a transport. Each transport has its own kinds of
 * addresses; host names have already been resolved.
 */
@FunctionalInterface
public interface Connector {

  /**
   * Connects to one address.
   *
   * @param address the address
   * @return emits the connection, which the subscriber then owns and from which nothing has been
   *     read, and completes; errors with {@link io.fluxwire.PeerConnectException} when it cannot
   *     connect. Each subscription connects anew. Cancelling closes the attempt. Signals on the
   *     connection's {@link ByteDuplex#scheduler()}, errors on any thread
   */
  Mono<ByteDuplex> connect(SocketAddress address);
}
