package io.fluxwire.testing;

import io.fluxwire.PeerConnectException;
import io.fluxwire.Reason;
import io.fluxwire.transport.ByteDuplex;
import io.fluxwire.transport.Connector;
import io.fluxwire.transport.Listener;
import java.net.BindException;
import java.net.SocketAddress;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * A network in memory, for tests of clients and servers without sockets: servers listen under a
 * name, and clients dial that name.
 *
 * <pre>{@code
 * MemoryNetwork network = MemoryNetwork.create(Schedulers.newSingle("network"));
 * DisposablePeerServer server =
 *     PeerServer.create().transport(network.listener("alice")).bindNow();
 * PeerClient.create().transport(network).remote(server.address()).connect()
 * }</pre>
 *
 * <p>Connections are {@link MemoryDuplex}es. Thread-safe.
 */
public final class MemoryNetwork implements Connector {

  private final Scheduler scheduler;
  private final Map<SocketAddress, Listening> listeners = new ConcurrentHashMap<>();

  private MemoryNetwork(Scheduler scheduler) {
    this.scheduler = scheduler;
  }

  /**
   * A network in which nobody listens yet.
   *
   * @param scheduler runs everything, one task at a time: a single thread, or virtual time; the
   *     caller disposes of it
   * @return the network
   */
  public static MemoryNetwork create(Scheduler scheduler) {
    return new MemoryNetwork(scheduler);
  }

  /**
   * A listener for a server.
   *
   * @param name a name in this network
   * @return the listener; while it listens, another listener of the same name errors with {@link
   *     BindException}
   */
  public Listener listener(String name) {
    SocketAddress address = address(name);
    return accept ->
        Mono.fromCallable(
            () -> {
              Listening listening = new Listening(address, accept);
              if (listeners.putIfAbsent(address, listening) != null) {
                throw new BindException(address + " is in use");
              }
              return listening;
            });
  }

  /**
   * The address of a listener, for clients that are created before it listens.
   *
   * @param name its name
   * @return its address
   */
  public SocketAddress address(String name) {
    return new MemoryAddress(name);
  }

  /**
   * {@inheritDoc} Errors with {@link Reason#CONNECT_FAILED} while nobody listens at the address.
   */
  @Override
  public Mono<ByteDuplex> connect(SocketAddress address) {
    return Mono.create(
        sink -> {
          Disposable.Swap connection = Disposables.swap();
          sink.onCancel(connection);
          scheduler.schedule(() -> connect(address, sink, connection));
        });
  }

  private void connect(
      SocketAddress address, MonoSink<ByteDuplex> sink, Disposable.Swap connection) {
    if (connection.isDisposed()) {
      return;
    }
    Listening listening = listeners.get(address);
    if (listening == null) {
      sink.error(new PeerConnectException(Reason.CONNECT_FAILED, "nobody listens there"));
      return;
    }
    MemoryDuplex.Pair ends = MemoryDuplex.pair(scheduler);
    connection.replace(ends.dialer());
    listening.accept.accept(new MemoryAccepted(ends.acceptor()));
    sink.success(ends.dialer());
  }

  private final class Listening implements Listener.Bound {

    private final SocketAddress address;
    private final Consumer<? super Listener.Accepted> accept;
    private final Sinks.Empty<Void> ended = Sinks.empty();

    Listening(SocketAddress address, Consumer<? super Listener.Accepted> accept) {
      this.address = address;
      this.accept = accept;
    }

    @Override
    public SocketAddress address() {
      return address;
    }

    @Override
    public void dispose() {
      listeners.remove(address, this);
      ended.tryEmitEmpty();
    }

    @Override
    public boolean isDisposed() {
      return listeners.get(address) != this;
    }

    @Override
    public Mono<Void> onDispose() {
      return ended.asMono();
    }
  }

  private record MemoryAccepted(ByteDuplex duplex) implements Listener.Accepted {

    @Override
    public SocketAddress from() {
      return duplex.remoteAddress();
    }

    @Override
    public Scheduler scheduler() {
      return duplex.scheduler();
    }

    /** There is nothing here that would wait for a peer. */
    @Override
    public void resetOnClose() {}

    @Override
    public void dispose() {
      duplex.dispose();
    }

    @Override
    public boolean isDisposed() {
      return duplex.isDisposed();
    }
  }

  private static final class MemoryAddress extends SocketAddress {

    private static final long serialVersionUID = 1L;

    private final String name;

    MemoryAddress(String name) {
      this.name = Objects.requireNonNull(name, "name");
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof MemoryAddress address && address.name.equals(name);
    }

    @Override
    public int hashCode() {
      return name.hashCode();
    }

    @Override
    public String toString() {
      return "memory:" + name;
    }
  }
}
