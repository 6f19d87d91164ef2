package io.fluxwire.transport;

import java.net.SocketAddress;
import reactor.core.publisher.Mono;

/**
 * Connects to an address: the dialling half of a transport. Which addresses it knows is its own
 * affair; names have been resolved by then.
 */
@FunctionalInterface
public interface Connector {

  /**
   * Connects to one address.
   *
   * @param address where to
   * @return emits the connection, of which nothing is read yet and which the subscriber owns, and
   *     completes; errors with {@link io.fluxwire.PeerConnectException} when there is none to be
   *     had. Each subscription connects anew. Cancelling closes what is under way. Signals on the
   *     connection's {@link ByteDuplex#scheduler()}, errors on any thread
   */
  Mono<ByteDuplex> connect(SocketAddress address);
}
