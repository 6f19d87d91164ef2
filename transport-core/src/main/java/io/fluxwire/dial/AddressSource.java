package io.fluxwire.dial;

import io.fluxwire.internal.AddressText;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/**
 * A source of a peer's addresses: the interface for name resolution, service discovery and tests.
 *
 * <p>Subscribed to anew for each round of a dial. The addresses of each list that it emits join the
 * race of that round, even if they come late; an address that has come before is not tried twice.
 * When the source completes, there are no more addresses. When it errors, throws, returns null or
 * emits a list that contains null, that is one of the causes if the dial fails. A source that
 * neither completes nor errors within the resolution timeout is cancelled; the addresses that it
 * has emitted are still used.
 */
@FunctionalInterface
public interface AddressSource {

  /** The query of one round. Later versions may add methods. */
  interface Query {

    /**
     * The target of the dial, as it is named in events, logs and errors.
     *
     * @return the names of all sources of the dial
     */
    String target();
  }

  /**
   * The addresses of one round.
   *
   * @param query the query of the round
   * @return lists of addresses, most wanted first; must not block the thread that subscribes
   */
  Flux<? extends List<? extends SocketAddress>> addresses(Query query);

  /**
   * A source of fixed addresses.
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
   * A source over a directory that is being watched, such as a Kubernetes headless service or SRV
   * records. Each round subscribes anew and takes the first list, so the publisher has to emit the
   * newest list first to each subscriber, as {@code directory.replay(1).autoConnect()} does.
   *
   * @param directory emits the newest list first to each subscriber
   * @return the source
   */
  static AddressSource newestOf(Publisher<? extends List<InetSocketAddress>> directory) {
    return query -> Flux.from(directory).take(1);
  }
}
