package io.fluxwire;

import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A connection that delegates to another one. Extend it to change a part of a connection's
 * behavior, for example to count, log or translate packets. Methods that later versions add to
 * {@link PeerConnection} are delegated here, too, so that your class keeps working.
 *
 * <p>All packets that are sent go through {@link #send(Publisher)}, including those of {@link
 * #sendOne}, and every way to close goes through {@link #close()}, {@link #closeWithError} or
 * {@link #dispose()}. So it is enough to override these. Test your class with {@code
 * PeerConnectionTck} of the test kit.
 *
 * @param <P> the application's packet type
 */
public abstract class PeerConnectionDecorator<P> implements PeerConnection<P> {

  private final PeerConnection<P> connection;

  /**
   * Decorates a connection. Using or closing either of the two uses or closes the other as well.
   *
   * @param connection the connection that does the work
   */
  protected PeerConnectionDecorator(PeerConnection<P> connection) {
    this.connection = Objects.requireNonNull(connection, "connection");
  }

  /**
   * The decorated connection.
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
  public Mono<Void> closeWithError(String problem) {
    return connection.closeWithError(problem);
  }

  @Override
  public Mono<CloseReason> onClose() {
    return connection.onClose();
  }

  @Override
  public Mono<P> request(P packet) {
    return connection.request(packet);
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
