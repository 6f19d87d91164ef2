package io.fluxwire;

import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A connection that does what another one does, to be extended by those that change a part of it:
 * what is counted, logged or translated on its way. Methods that {@link PeerConnection} gets in
 * versions to come are passed on here, so that a class of your own stays whole.
 *
 * <p>All packets that are sent pass {@link #send(Publisher)}, those of {@link #sendOne} as well,
 * and all ends pass {@link #close()} or {@link #dispose()}: override these, and nothing goes by
 * you. Run {@code PeerConnectionTck} of the test kit over what you make of it.
 *
 * @param <P> the application's packet type
 */
public abstract class PeerConnectionDecorator<P> implements PeerConnection<P> {

  private final PeerConnection<P> connection;

  /**
   * Decorates a connection. Both are one: whichever is closed or used, the other one is, too.
   *
   * @param connection does the work
   */
  protected PeerConnectionDecorator(PeerConnection<P> connection) {
    this.connection = Objects.requireNonNull(connection, "connection");
  }

  /**
   * What is decorated.
   *
   * @return the connection that does the work
   */
  protected final PeerConnection<P> connection() {
    return connection;
  }

  @Override
  public NodeId remoteId() {
    return connection.remoteId();
  }

  @Override
  public SocketAddress remoteAddress() {
    return connection.remoteAddress();
  }

  @Override
  public SocketAddress localAddress() {
    return connection.localAddress();
  }

  @Override
  public SessionParameters session() {
    return connection.session();
  }

  @Override
  public Flux<P> receive() {
    return connection.receive();
  }

  @Override
  public Mono<Void> send(Publisher<? extends P> packets) {
    return connection.send(packets);
  }

  @Override
  public Mono<Void> close() {
    return connection.close();
  }

  @Override
  public Mono<CloseReason> onClose() {
    return connection.onClose();
  }

  @Override
  public Mono<Duration> ping() {
    return connection.ping();
  }

  @Override
  public Mono<Void> rotateKeys() {
    return connection.rotateKeys();
  }

  @Override
  public Mono<Undelivered> undelivered() {
    return connection.undelivered();
  }

  @Override
  public void dispose() {
    connection.dispose();
  }

  @Override
  public boolean isDisposed() {
    return connection.isDisposed();
  }

  /** As the decorated connection. */
  @Override
  public String toString() {
    return connection.toString();
  }
}
