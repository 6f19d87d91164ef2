package io.fluxwire.dial;

import io.fluxwire.internal.AddressText;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/**
 * Where a peer may be found: the seam for name resolution, service discovery and tests.
 *
 * <p>Subscribed to anew for each round of a dial. Each list that it emits joins the race of that
 * round, late ones too; an address that came before is not tried twice. Its completion says that no
 * more will come; its error is one of the causes when the dial fails, as is what it throws, or that
 * it gives null or a list with a null. A source that has done neither within the resolution timeout
 * is cancelled, and what it gave counts.
 */
@FunctionalInterface
public interface AddressSource {

  /** What one round asks for. Later versions may add to it. */
  interface Query {

    /**
     * What is dialled, as events, logs and errors call it.
     *
     * @return the names of all the dial's sources
     */
    String target();
  }

  /**
   * The addresses of one round.
   *
   * @param query what the round asks for
   * @return lists of addresses, most wanted first; must not block the thread that subscribes
   */
  Flux<? extends List<? extends SocketAddress>> addresses(Query query);

  /**
   * Addresses that are known.
   *
   * @param addresses resolved socket addresses, most wanted first
   * @return the source
   */
  static AddressSource of(SocketAddress... addresses) {
    List<SocketAddress> known = List.of(addresses);
    return new AddressSource() {
      @Override
      public Flux<List<SocketAddress>> addresses(Query query) {
        return Flux.just(known);
      }

      @Override
      public String toString() {
        return known.stream().map(AddressText::of).reduce((a, b) -> a + ", " + b).orElse("");
      }
    };
  }

  /**
   * A directory that is watched: a Kubernetes headless service, SRV records. Each round takes the
   * first list that a new subscription gives, so the publisher should start with the newest one, as
   * {@code directory.replay(1).autoConnect()} does.
   *
   * @param directory the lists, newest first for each subscriber
   * @return the source
   */
  static AddressSource newestOf(Publisher<? extends List<InetSocketAddress>> directory) {
    return query -> Flux.from(directory).take(1);
  }
}
