package io.fluxwire.dial;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.internal.Callbacks;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/**
 * Keeps one connection for request-style code: {@link #connection()} emits the connection that is
 * up, or waits for the next one. Thread-safe.
 *
 * <p>Subscribers are called on the thread on which a connection comes up or the publisher ends, and
 * never while the link holds a lock.
 *
 * @param <P> the application's packet type
 */
public final class PeerLink<P> implements Disposable, AutoCloseable {

  /** How long {@link #close()} waits for the connection's end: 10 s. */
  public static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

  private final ConnectionHealthMonitor monitor;
  private final Disposable.Swap publisher = Disposables.swap();
  private final Sinks.Empty<Void> ended = Sinks.empty();

  // What follows is guarded by this.

  private final Set<MonoSink<PeerConnection<P>>> waiting = new LinkedHashSet<>();

  private @Nullable PeerConnection<P> latest;
  private boolean disposed;

  /** Why there will be no other connection; null as long as there may be one. */
  private @Nullable Throwable end;

  private PeerLink(ConnectionHealthMonitor monitor) {
    this.monitor = monitor;
  }

  /**
   * Subscribes to a connection publisher, with unbounded demand, until the link is disposed. @param
   * connections a connection publisher
   *
   * @param <P> the application's packet type
   * @return the link
   */
  public static <P> PeerLink<P> keep(Publisher<PeerConnection<P>> connections) {
    ConnectionHealthMonitor monitor = new ConnectionHealthMonitor();
    return keep(Flux.from(connections).doOnNext(monitor::connected), monitor);
  }

  /**
   * As {@link #keep(Publisher)}, with a monitor that also knows why dials fail, for {@link
   * #health()}.
   *
   * @param connections a connection publisher
   * @param monitor listens to its dials
   * @param <P> the application's packet type
   * @return the link
   */
  public static <P> PeerLink<P> keep(
      Publisher<PeerConnection<P>> connections, ConnectionHealthMonitor monitor) {
    PeerLink<P> link = new PeerLink<>(monitor);
    link.publisher.update(
        Flux.from(connections).subscribe(link::connected, link::failed, link::completed));
    return link;
  }

  private void connected(PeerConnection<P> connection) {
    List<MonoSink<PeerConnection<P>>> told;
    boolean late;
    synchronized (this) {
      late = disposed;
      latest = connection;
      told = takeWaiting();
    }
    if (late) {
      connection.close().subscribe();
    }
    tell(told, sink -> sink.success(connection));
  }

  private void failed(Throwable failure) {
    monitor.gaveUp(failure);
    end(failure);
  }

  private void completed() {
    monitor.gaveUp(null);
    end(
        new ConnectionClosedException(
            Reason.CONNECTION_LOST,
            "the publisher of this link's connections has completed: there will be no other"));
  }

  private void end(Throwable why) {
    List<MonoSink<PeerConnection<P>>> told;
    synchronized (this) {
      if (end != null) {
        return;
      }
      end = why;
      told = takeWaiting();
    }
    tell(told, sink -> sink.error(why));
    tellEnded();
  }

  private void tellEnded() {
    Callbacks.run("who waits for the end of a link", ended::tryEmitEmpty);
  }

  private List<MonoSink<PeerConnection<P>>> takeWaiting() {
    List<MonoSink<PeerConnection<P>>> taken = List.copyOf(waiting);
    waiting.clear();
    return taken;
  }

  /** A subscriber that throws does not keep the others from being called. */
  private static <P> void tell(
      List<MonoSink<PeerConnection<P>>> told, Consumer<MonoSink<PeerConnection<P>>> what) {
    for (MonoSink<PeerConnection<P>> sink : told) {
      Callbacks.run("who waited for a connection", () -> what.accept(sink));
    }
  }

  /**
   * The health of the link. The error that ended the publisher is in {@link
   * ConnectionHealth#lastError()}, too.
   *
   * @return whether there is a connection, since when, and what went wrong last
   */
  public ConnectionHealth health() {
    return monitor.health();
  }

  /**
   * The connection that is up, or the next one. Each subscription looks again, so that a retry
   * waits for the next connection once this one has ended.
   *
   * <p>When the publisher has ended and its last connection as well, errors with the publisher's
   * error, or with {@link ConnectionClosedException} and {@link Reason#CONNECTION_LOST} if the
   * publisher completed. Once the link is disposed, errors with {@link ConnectionClosedException}
   * and {@link Reason#CLOSED_LOCALLY}. Cancelling has no effect on the link.
   *
   * @return the connection; it is shared by all callers, so that none of them should close it
   */
  public Mono<PeerConnection<P>> connection() {
    return Mono.create(this::await);
  }

  private void await(MonoSink<PeerConnection<P>> sink) {
    while (true) {
      PeerConnection<P> seen = current();
      if (seen != null && !seen.isDisposed()) {
        sink.success(seen);
        return;
      }
      Throwable ended;
      synchronized (this) {
        if (current() != seen) {
          continue;
        }
        ended = end;
        if (ended == null) {
          waiting.add(sink);
        }
      }
      if (ended == null) {
        sink.onDispose(() -> forget(sink));
      } else {
        sink.error(ended);
      }
      return;
    }
  }

  private synchronized @Nullable PeerConnection<P> current() {
    return disposed ? null : latest;
  }

  private synchronized void forget(MonoSink<PeerConnection<P>> sink) {
    waiting.remove(sink);
  }

  /**
   * Sends a request over the connection that is up, or over the next one. The wait for that one has
   * no limit: use {@code timeout} to set one.
   *
   * @param packet the request
   * @return as {@link PeerConnection#request}; also errors as {@link #connection()} does. A request
   *     whose connection ends is not sent again, since it is not known whether the peer has carried
   *     it out
   */
  public Mono<P> request(P packet) {
    return connection().flatMap(connection -> connection.request(packet));
  }

  /** Cancels the publisher, and closes its connection in good order. */
  @Override
  public void dispose() {
    Throwable why =
        new ConnectionClosedException(Reason.CLOSED_LOCALLY, "this side closed the link");
    List<MonoSink<PeerConnection<P>>> told;
    PeerConnection<P> open;
    synchronized (this) {
      open = current();
      disposed = true;
      end = why;
      told = takeWaiting();
    }
    monitor.cancelled();
    tell(told, sink -> sink.error(why));
    publisher.dispose();
    if (open != null) {
      // The publisher may have ended, and closes nothing any more.
      open.close().subscribe();
    }
    tellEnded();
  }

  /**
   * The end of the link.
   *
   * @return completes when the link is disposed, or its publisher has ended, and its last
   *     connection is closed; never errors
   */
  public Mono<Void> onDispose() {
    return ended.asMono().then(Mono.defer(this::lastClosed));
  }

  private Mono<Void> lastClosed() {
    PeerConnection<P> connection = latest();
    return connection == null ? Mono.empty() : connection.onClose().then();
  }

  private synchronized @Nullable PeerConnection<P> latest() {
    return latest;
  }

  /**
   * For try-with-resources, and for containers that close their beans when they stop, such as
   * Spring: {@link #dispose()}, and waits until the connection is closed. What is open after {@link
   * #CLOSE_TIMEOUT} is closed at once. Blocks, except on a thread that must not block, such as an
   * event loop's, where it returns at once.
   */
  @Override
  public void close() {
    dispose();
    if (!Schedulers.isInNonBlockingThread()) {
      onDispose().timeout(CLOSE_TIMEOUT, Mono.fromRunnable(this::abort)).block();
    }
  }

  private void abort() {
    PeerConnection<P> connection = latest();
    if (connection != null) {
      connection.dispose();
    }
  }

  /** Whether the link is disposed, or its publisher has ended. */
  @Override
  public synchronized boolean isDisposed() {
    return end != null;
  }

  @Override
  public String toString() {
    PeerConnection<P> up = current();
    if (up != null && !up.isDisposed()) {
      return "PeerLink[" + up + "]";
    }
    return isDisposed() ? "PeerLink[ended]" : "PeerLink[not connected]";
  }
}
