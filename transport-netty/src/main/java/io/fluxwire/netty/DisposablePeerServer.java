package io.fluxwire.netty;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Predicate;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;

/** A server that listens, until it is disposed. Thread-safe. */
public final class DisposablePeerServer implements Disposable {

  private final DisposableServer listener;
  private final NodeId id;
  private final Peers peers;
  private final Sinks.Empty<Void> disposed = Sinks.empty();

  DisposablePeerServer(DisposableServer listener, NodeId id, Peers peers) {
    this.listener = listener;
    this.id = id;
    this.peers = peers;
  }

  /**
   * Where it listens.
   *
   * @return the bound address, with the port that was picked
   */
  public InetSocketAddress address() {
    return (InetSocketAddress) listener.address();
  }

  /**
   * Where it listens.
   *
   * @return the bound port
   */
  public int port() {
    return address().getPort();
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
    return peers.count();
  }

  /**
   * Closes the connections of some peers, each as {@link PeerConnection#close()} does, all at once:
   * of those, say, that an {@link io.fluxwire.AccessList} or a {@link io.fluxwire.BanList} does not
   * let in any more. Change the list first. Handshakes go on.
   *
   * @param which is asked for the node id of each peer that is connected, on the thread that
   *     subscribes; must not block
   * @return emits how many they were once they are closed; each subscription looks anew
   */
  public Mono<Integer> disconnect(Predicate<? super NodeId> which) {
    return Mono.defer(() -> peers.close(which));
  }

  /**
   * Stops accepting, ends handshakes, and closes each connection as {@link PeerConnection#close()}
   * does, all at once. Does not wait: {@link #onDispose()} tells when all is closed.
   */
  @Override
  public void dispose() {
    listener.dispose();
    listener
        .onDispose()
        .onErrorComplete()
        .then(Mono.defer(peers::close))
        .subscribe(ignored -> {}, disposed::tryEmitError, disposed::tryEmitEmpty);
  }

  /**
   * {@link #dispose()}, and waits until all is closed. Blocks: not for an event loop.
   *
   * @param timeout how long to wait; longer than the drain timeout
   * @throws IllegalStateException when connections are open still
   */
  public void disposeNow(Duration timeout) {
    dispose();
    onDispose().block(timeout);
  }

  /**
   * The end of the server.
   *
   * @return completes when it neither listens nor has a connection
   */
  public Mono<Void> onDispose() {
    return disposed.asMono();
  }

  @Override
  public boolean isDisposed() {
    return listener.isDisposed();
  }
}
