package io.fluxwire.netty;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.crypto.EphemeralKeys;
import io.fluxwire.internal.AddressText;
import io.fluxwire.internal.Arguments;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.Isolated;
import io.fluxwire.transport.Listener;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/**
 * A server that listens, until it is disposed or closed. Thread-safe.
 *
 * <p>Its threads are daemons: a {@code main} that has nothing else to do waits for {@link
 * #onDispose()}, or the JVM exits.
 */
public final class DisposablePeerServer implements Disposable, AutoCloseable {

  /** How long {@link #close()} and {@link #disposeNow()} let connections drain: 10 s. */
  public static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(DisposablePeerServer.class);

  /** How long stores may take to take what channels were given. */
  private static final Duration CHANNELS_TIMEOUT = Duration.ofSeconds(5);

  /** How long event loops may take to close what was aborted. */
  private static final Duration ABORT_TIMEOUT = Duration.ofSeconds(5);

  private final Listener.Bound listener;
  private final NodeId id;
  private final Mono<Void> closingChannels;
  private final ServerConnections connections;
  private final EphemeralKeys keys;
  private final AtomicBoolean disposing = new AtomicBoolean();
  private final Sinks.One<ShutdownReport> report = Sinks.one();

  /**
   * A server that listens.
   *
   * @param closingChannels closes what channels it has, when it is subscribed to
   */
  DisposablePeerServer(
      Listener.Bound listener,
      NodeId id,
      Mono<Void> closingChannels,
      ServerConnections connections,
      EphemeralKeys keys) {
    this.listener = listener;
    this.id = id;
    this.closingChannels = closingChannels;
    this.connections = connections;
    this.keys = keys;
  }

  /** Runs once it does not listen any more. */
  void onUnbound(Runnable then) {
    listener.onDispose().subscribe(null, null, then);
  }

  /**
   * Where it listens.
   *
   * @return the bound address, with the port that was picked; of a Unix socket, its path
   */
  public SocketAddress address() {
    return listener.address();
  }

  /**
   * Where it listens.
   *
   * @return the bound port
   * @throws UnsupportedOperationException when it has none, as a Unix socket
   */
  public int port() {
    if (address() instanceof InetSocketAddress inet) {
      return inet.getPort();
    }
    throw new UnsupportedOperationException("no port: it listens at " + where());
  }

  private String where() {
    return AddressText.of(listener.address());
  }

  /**
   * Who it is.
   *
   * @return its node id, which a client {@linkplain PeerClient#expect expects}
   */
  public NodeId id() {
    return id;
  }

  /**
   * How many peers are connected.
   *
   * @return those that are authenticated and not closed
   */
  public int peerCount() {
    return connections.count();
  }

  /**
   * Closes the connections of some peers, each as {@link PeerConnection#close()} does, all at once:
   * of those, say, that an {@link io.fluxwire.access.AccessList} or a {@link
   * io.fluxwire.access.BanList} does not let in any more. Change the list first. Handshakes go on.
   *
   * @param which is asked for the node id of each peer that is connected, on the thread that
   *     subscribes; must not block
   * @return emits how many they were once they are closed; each subscription looks anew
   */
  public Mono<Integer> disconnect(Predicate<? super NodeId> which) {
    return Mono.defer(() -> connections.close(which));
  }

  /**
   * Stops accepting, ends handshakes, and closes each connection as {@link PeerConnection#close()}
   * does, all at once: packets that sends handed over are written, within the drain timeout (5 s
   * unless configured). Does not wait: {@link #report()} tells when all is closed. Further calls do
   * nothing.
   */
  @Override
  public void dispose() {
    if (!disposing.compareAndSet(false, true)) {
      return;
    }
    String where = where();
    listener.dispose();
    listener
        .onDispose()
        // A store that does not answer must not keep the connections.
        .then(closingChannels.timeout(CHANNELS_TIMEOUT, Mono.empty()))
        .then(Mono.defer(connections::close))
        .doOnTerminate(keys::destroy)
        .doOnNext(
            outcome ->
                Callbacks.run(
                    "the log of a server",
                    () -> LOG.info("stopped listening on {}: {}", where, outcome)))
        .subscribe(report::tryEmitValue, report::tryEmitError);
  }

  /**
   * {@link #disposeNow(Duration)} with {@link #CLOSE_TIMEOUT}.
   *
   * @return what became of the connections
   * @throws IllegalStateException as {@link #disposeNow(Duration)}
   */
  public ShutdownReport disposeNow() {
    return disposeNow(CLOSE_TIMEOUT);
  }

  /**
   * {@link #dispose()}, and waits until all is closed: what is open at the timeout is closed at
   * once. Blocks: not for an event loop.
   *
   * @param timeout how long connections may take to drain; what the drain timeout closes first does
   *     not wait for it
   * @return what became of the connections
   * @throws IllegalStateException when 5 s after that connections are open still, since something
   *     blocks their event loop
   */
  public ShutdownReport disposeNow(Duration timeout) {
    Duration limit = Arguments.notNegative("the timeout", timeout);
    dispose();
    Mono<ShutdownReport> rest =
        Mono.fromRunnable(connections::abort).then(report.asMono().timeout(ABORT_TIMEOUT));
    try {
      return Objects.requireNonNull(report.asMono().timeout(limit, rest).block());
    } catch (RuntimeException e) {
      if (Exceptions.unwrap(e) instanceof TimeoutException) {
        throw new IllegalStateException("connections are open still: an event loop is blocked", e);
      }
      throw e;
    }
  }

  /**
   * For try-with-resources, and for containers that close their beans when they stop, such as
   * Spring: {@link #disposeNow()}. Blocks, but on a thread that must not, such as an event loop's:
   * there it is {@link #dispose()}. Further calls wait for the same end.
   *
   * @throws IllegalStateException as {@link #disposeNow(Duration)}
   */
  @Override
  public void close() {
    if (Schedulers.isInNonBlockingThread()) {
      dispose();
    } else {
      disposeNow();
    }
  }

  /**
   * What became of the connections. Does not dispose.
   *
   * @return emits and completes when the server neither listens nor has a connection
   */
  public Mono<ShutdownReport> report() {
    return Isolated.mono(report.asMono());
  }

  /**
   * The end of the server.
   *
   * @return completes when it neither listens nor has a connection
   */
  public Mono<Void> onDispose() {
    return report().then();
  }

  /**
   * Whether it has stopped to listen. Its connections may be open still: {@link #onDispose()} tells
   * when all are closed.
   *
   * @return true once it does not listen any more
   */
  @Override
  public boolean isDisposed() {
    return listener.isDisposed();
  }

  @Override
  public String toString() {
    return "DisposablePeerServer[%s at %s, %d peers]".formatted(id, where(), peerCount());
  }
}
