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
import java.util.function.Supplier;
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
 * <p>Its threads are daemons: a {@code main} that has nothing else to do has to wait for {@link
 * #onDispose()}, or the JVM exits.
 */
public final class DisposablePeerServer implements Disposable, AutoCloseable {

  /** How long {@link #close()} and {@link #disposeNow()} let connections drain: 10 s. */
  public static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(DisposablePeerServer.class);

  /** How long stores may take to store the packets that channels were given. */
  private static final Duration CHANNELS_TIMEOUT = Duration.ofSeconds(5);

  /** How long event loops may take to close the connections that were aborted. */
  private static final Duration ABORT_TIMEOUT = Duration.ofSeconds(5);

  private final Listener.Bound listener;
  private final NodeId id;
  private final Mono<Void> closingChannels;
  private final ServerConnections connections;
  private final EphemeralKeys keys;
  private final Supplier<InboundUsage> usage;
  private final AtomicBoolean disposing = new AtomicBoolean();
  private final Sinks.One<ShutdownReport> report = Sinks.one();

  /**
   * A server that listens.
   *
   * @param closingChannels closes what channels it has, when it is subscribed to
   * @param usage looks how much of its limits it uses
   */
  DisposablePeerServer(
      Listener.Bound listener,
      NodeId id,
      Mono<Void> closingChannels,
      ServerConnections connections,
      EphemeralKeys keys,
      Supplier<InboundUsage> usage) {
    this.listener = listener;
    this.id = id;
    this.closingChannels = closingChannels;
    this.connections = connections;
    this.keys = keys;
    this.usage = usage;
  }

  /** Runs a task once the server no longer listens. */
  void onUnbound(Runnable then) {
    listener.onDispose().subscribe(null, null, then);
  }

  /**
   * The address on which the server listens.
   *
   * @return the bound address, with the port that was chosen; for a Unix socket, its path
   */
  public SocketAddress address() {
    return listener.address();
  }

  /**
   * The port on which the server listens.
   *
   * @return the bound port
   * @throws UnsupportedOperationException when there is no port, as for a Unix socket
   */
  public int port() {
    if (address() instanceof InetSocketAddress inet) {
      return inet.getPort();
    }
    throw new UnsupportedOperationException("the server has no port: it listens on " + where());
  }

  private String where() {
    return AddressText.of(listener.address());
  }

  /**
   * The server's identity.
   *
   * @return its node id, which a client {@linkplain PeerClient#expect expects}
   */
  public NodeId id() {
    return id;
  }

  /**
   * How many peers are connected.
   *
   * @return the number of connections that are authenticated and not closed
   */
  public int peerCount() {
    return connections.count();
  }

  /**
   * How much of its {@link InboundLimits} it uses. Takes locks for a moment that connections need,
   * so ask now and then, not for each packet. May be called on any thread, also once it is
   * disposed.
   *
   * @return what is used at this moment
   */
  public InboundUsage usage() {
    return usage.get();
  }

  /**
   * Closes the connections of some peers at the same time, each as {@link PeerConnection#close()}
   * does. Use it for peers that an {@link io.fluxwire.access.AccessList} or a {@link
   * io.fluxwire.access.BanList} no longer lets in; change the list first. Handshakes that are under
   * way continue.
   *
   * @param which true for a peer to close; called with the node id of each connected peer, on the
   *     subscribing thread; must not block
   * @return emits the number of connections once they are closed; each subscription closes the
   *     peers that match at that time
   */
  public Mono<Integer> disconnect(Predicate<? super NodeId> which) {
    return Mono.defer(() -> connections.close(which));
  }

  /**
   * Stops accepting, aborts handshakes, and closes all connections at the same time, each as {@link
   * PeerConnection#close()} does: the packets that sends have handed over are written, within the
   * drain timeout (5 s unless configured). Does not wait: {@link #report()} tells when everything
   * is closed. Further calls do nothing.
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
        // A store that does not answer must not keep the connections open.
        .then(closingChannels.timeout(CHANNELS_TIMEOUT, Mono.fromRunnable(this::warnOfStores)))
        .then(Mono.defer(connections::close))
        .doOnTerminate(keys::destroy)
        .doOnNext(
            outcome ->
                Callbacks.run(
                    "the log of a server",
                    () -> LOG.info("stopped listening on {}: {}", where, outcome)))
        .subscribe(report::tryEmitValue, report::tryEmitError);
  }

  private void warnOfStores() {
    Callbacks.run(
        "the log of a server",
        () ->
            LOG.warn(
                "the server on {} closes its connections now: after {} ms, some channels' stores"
                    + " have not stored all yet",
                where(),
                CHANNELS_TIMEOUT.toMillis()));
  }

  /**
   * {@link #disposeNow(Duration)} with {@link #CLOSE_TIMEOUT}.
   *
   * @return the report of how the connections ended
   * @throws IllegalStateException as {@link #disposeNow(Duration)}
   */
  public ShutdownReport disposeNow() {
    return disposeNow(CLOSE_TIMEOUT);
  }

  /**
   * As {@link #dispose()}, but waits until everything is closed. Connections that are still open at
   * the timeout are closed at once. Blocks: not for an event loop.
   *
   * @param timeout how long connections may take to drain; the drain timeout may close them earlier
   * @return the report of how the connections ended
   * @throws IllegalStateException when connections are still open 5 s after the timeout, because
   *     something blocks their event loop
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
        throw new IllegalStateException(
            "connections are still open: something blocks their event loop", e);
      }
      throw e;
    }
  }

  /**
   * For try-with-resources, and for containers that close their beans when they stop, such as
   * Spring: {@link #disposeNow()}. Blocks, except on a thread that must not block, such as an event
   * loop's, where it only calls {@link #dispose()}. Further calls wait for the same end.
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
   * The report of how the connections ended. Does not dispose the server.
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
   * Whether the server has stopped listening. Its connections may still be open: {@link
   * #onDispose()} tells when all are closed.
   *
   * @return true once it no longer listens
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
