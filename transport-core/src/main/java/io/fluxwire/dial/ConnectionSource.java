package io.fluxwire.dial;

import io.fluxwire.PeerConnection;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/**
 * What connects to one peer again and again, each time with somebody's permission. A client is one,
 * and a {@code PeerGroup} keeps its members connected by such sources: it permits a dial while the
 * peer is not connected by another way.
 *
 * @param <P> the application's packet type
 */
@FunctionalInterface
public interface ConnectionSource<P> {

  /**
   * The connections with the peer, one at a time, the next one after the end of the last.
   *
   * <p>Each subscription dials for itself. Completes or errors when there will be no other
   * connection. Cancelling closes the connection that is up, and gives up what is under way.
   *
   * @param permission subscribed to before each dial, which starts when it completes; its error
   *     ends the publisher
   * @return the connections, on the threads that make them; must not block the thread that
   *     subscribes
   */
  Flux<PeerConnection<P>> connections(Publisher<?> permission);
}
