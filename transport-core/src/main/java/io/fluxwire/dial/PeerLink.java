package io.fluxwire.dial;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import java.time.Duration;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A connection publisher for request-style code: {@link #connection()} gives the connection that is
 * up, or waits for the next. Thread-safe.
 *
 * @param <P> the application's packet type
 */
public final class PeerLink<P> implements Disposable {

  /** Emitting collides with {@link #dispose()} only, for as long as one signal takes. */
  private static final Duration COLLISION = Duration.ofSeconds(1);

  private final Sinks.Many<PeerConnection<P>> latest = Sinks.many().replay().latest();
  private final Disposable subscription;
  private volatile boolean disposed;

  private final HealthMonitor monitor;

  private PeerLink(Publisher<PeerConnection<P>> connections, HealthMonitor monitor) {
    this.monitor = monitor;
    subscription =
        Flux.from(connections)
            .subscribe(
                connection ->
                    latest.emitNext(connection, Sinks.EmitFailureHandler.busyLooping(COLLISION)),
                failure -> {
                  monitor.failed(failure);
                  latest.emitError(failure, Sinks.EmitFailureHandler.busyLooping(COLLISION));
                });
  }

  /**
   * Subscribes to a connection publisher, with unbounded demand, until it is disposed.
   *
   * @param connections a connection publisher
   * @param <P> the application's packet type
   * @return the link
   */
  public static <P> PeerLink<P> keep(Publisher<PeerConnection<P>> connections) {
    HealthMonitor monitor = new HealthMonitor();
    return keep(Flux.from(connections).doOnNext(monitor::connected), monitor);
  }

  /**
   * As {@link #keep(Publisher)}, with a monitor that knows more than the connections tell: why
   * dials fail.
   *
   * @param connections a connection publisher
   * @param monitor listens to its dials
   * @param <P> the application's packet type
   * @return the link
   */
  public static <P> PeerLink<P> keep(
      Publisher<PeerConnection<P>> connections, HealthMonitor monitor) {
    return new PeerLink<>(connections, monitor);
  }

  /**
   * How the link is doing. That it ended by an error is in {@link LinkHealth#lastError()}, too.
   *
   * @return whether there is a connection, since when, and what went wrong last
   */
  public LinkHealth health() {
    return monitor.health();
  }

  /**
   * The connection that is up, or the next one. Each subscription looks anew, so a retry waits for
   * the next connection once this one has ended.
   *
   * <p>Errors with what ended the publisher, and with {@link ConnectionClosedException} ({@link
   * Reason#CLOSED_LOCALLY}) once the link is disposed. Cancelling leaves the link as it is.
   *
   * @return the connection, which others use as well: nobody should close it
   */
  public Mono<PeerConnection<P>> connection() {
    return Mono.defer(
        () ->
            disposed
                ? Mono.error(closed())
                : latest.asFlux().filter(connection -> !connection.isDisposed()).next());
  }

  /** Cancels the publisher, which closes its connection. */
  @Override
  public void dispose() {
    disposed = true;
    subscription.dispose();
    while (latest.tryEmitError(closed()) == Sinks.EmitResult.FAIL_NON_SERIALIZED) {
      Thread.onSpinWait();
    }
  }

  private static ConnectionClosedException closed() {
    return new ConnectionClosedException(Reason.CLOSED_LOCALLY, "this side closed the link");
  }

  /** Whether it is disposed, or its publisher has ended. */
  @Override
  public boolean isDisposed() {
    return subscription.isDisposed();
  }
}
