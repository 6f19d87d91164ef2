package io.fluxwire.dial;

import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.HandOver;
import java.net.SocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Dials one peer by all of its addresses: which to try, in which order, and when again. The
 * attempts themselves are the caller's. Immutable.
 *
 * @param <P> the application's packet type
 */
public final class Dial<P> {

  private final DialSpec spec;
  private final List<AddressSource> sources;
  private final Function<? super SocketAddress, ? extends Mono<PeerConnection<P>>> connector;

  private Dial(
      DialSpec spec,
      List<AddressSource> sources,
      Function<? super SocketAddress, ? extends Mono<PeerConnection<P>>> connector) {
    this.spec = Objects.requireNonNull(spec, "spec");
    this.sources = List.copyOf(sources);
    this.connector = Objects.requireNonNull(connector, "connector");
  }

  /**
   * A dial, which does nothing until it is subscribed to.
   *
   * @param spec how the addresses race
   * @param sources where they come from; copied
   * @param connector gives an authenticated connection to one address, or an error; cancelling what
   *     it gives must close what is under way
   * @param <P> the application's packet type
   * @return the dial
   */
  public static <P> Dial<P> of(
      DialSpec spec,
      List<AddressSource> sources,
      Function<? super SocketAddress, ? extends Mono<PeerConnection<P>>> connector) {
    return new Dial<>(spec, sources, connector);
  }

  /** The same, for one connection publisher. */
  Dial<P> ofOnePublisher() {
    return new Dial<>(spec.ofOnePublisher(), sources, connector);
  }

  DialSpec spec() {
    return spec;
  }

  List<AddressSource> sources() {
    return sources;
  }

  Function<? super SocketAddress, ? extends Mono<PeerConnection<P>>> connector() {
    return connector;
  }

  static void close(PeerConnection<?> connection) {
    Callbacks.run("closing a connection", () -> connection.close().subscribe());
  }

  /**
   * One round (RFC 8305): sources are asked, IPv4 answers wait 50 ms for IPv6, families take turns,
   * an attempt starts every 250 ms or as soon as one fails, each address is tried once, and the
   * first peer that authenticates wins; the other attempts are cancelled.
   *
   * <p>Emits the connection and completes. Errors with one {@link DialException} that holds a cause
   * for each address, and with what the spec's scheduler refuses. Each subscription starts anew.
   *
   * <p>Cancelling leaves nothing behind: a connection that is made in the same moment is closed. So
   * is one that its subscriber throws at, whose error that is then.
   *
   * @return one round
   */
  public Mono<PeerConnection<P>> once() {
    return HandOver.of(new DialOnce<>(this), Dial::close, spec.scheduler());
  }

  /**
   * The connection publisher: dials when there is demand, emits the connection once the peer is
   * authenticated, and after its end dials again when the spec says so. There is one connection at
   * a time.
   *
   * <p>Errors with the {@link io.fluxwire.PeerException} that another attempt cannot cure, and with
   * what code of the application's throws: the spec's scheduler and predicates, the permission, the
   * subscriber. Either way the connection that is up is closed. Never completes. Cancelling closes
   * the current connection, as {@link PeerConnection#close()} does, and whatever is under way. Each
   * subscription is a publisher of its own.
   *
   * @param reconnect when to dial again
   * @return the connections, one after the other
   */
  public Flux<PeerConnection<P>> repeatedly(ReconnectSpec reconnect) {
    return repeatedly(reconnect, Mono.empty());
  }

  /**
   * As {@link #repeatedly(ReconnectSpec)}, but each round waits for a permission.
   *
   * @param reconnect when to dial again
   * @param permission subscribed to before each round, which starts when it completes; its error
   *     ends the publisher
   * @return the connections, one after the other
   */
  public Flux<PeerConnection<P>> repeatedly(ReconnectSpec reconnect, Publisher<?> permission) {
    return new ReconnectingFlux<>(
        this,
        Objects.requireNonNull(reconnect, "reconnect"),
        Objects.requireNonNull(permission, "permission"));
  }
}
