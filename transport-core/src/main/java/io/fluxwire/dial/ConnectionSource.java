package io.fluxwire.dial;

import io.fluxwire.PeerConnection;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/**
 * Connects to one peer again and again, each time with the permission of its user. A {@code
 * PeerClient} is such a source. A {@code PeerGroup} keeps its members connected by such sources: it
 * permits a dial while it has no other connection with the peer.
 *
 * @param <P> the application's packet type
 */
@FunctionalInterface
public interface ConnectionSource<P> {

  /**
   * The connections with the peer, one at a time, the next one after the end of the last.
   *
   * <p>Each subscription dials on its own. Completes or errors when there will be no other
   * connection. Cancelling closes the connection that is up, and any dial that is under way.
   *
   * @param permission subscribed to before each dial; the dial starts when the permission
   *     completes; an error of the permission ends the publisher
   * @return the connections, on the threads that make them; must not block the thread that
   *     subscribes
   */
  Flux<PeerConnection<P>> connections(Publisher<?> permission);
}
