package io.fluxwire.transport;

import java.net.SocketAddress;
import java.util.function.Consumer;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Waits for connections: the accepting half of a transport. */
@FunctionalInterface
public interface Listener {

  /**
   * Starts to listen.
   *
   * @param accept takes each connection, on its event loop; must neither block nor throw
   * @return emits what listens, which the subscriber owns, and completes; errors when it cannot
   *     listen, and then nothing does. Each subscription starts to listen anew. Once it is
   *     cancelled before it emits, nothing listens either
   */
  Mono<Bound> bind(Consumer<? super Accepted> accept);

  /** What listens. Disposing of it leaves the connections that it has accepted alone. */
  interface Bound extends Disposable {

    /**
     * Where it listens.
     *
     * @return the address that peers dial
     */
    SocketAddress address();

    /**
     * The end of listening.
     *
     * @return completes when nothing listens any more, and no trace of it is left; never errors
     */
    Mono<Void> onDispose();
  }

  /**
   * A connection that has just been accepted and that nothing has been done with, so that it costs
   * little to refuse it. Disposing of it closes it.
   */
  interface Accepted extends Disposable {

    /**
     * Where it comes from.
     *
     * @return the peer's address; where peers have none, the address that it was accepted at
     */
    SocketAddress from();

    /**
     * Where it is handed over, and where all that follows has to be called.
     *
     * @return the connection's event loop
     */
    Scheduler scheduler();

    /**
     * Takes the connection over, on its event loop.
     *
     * @return the connection, each time the same one; it and this have one end
     */
    ByteDuplex duplex();

    /**
     * Has the connection end by a reset, whoever closes it, where the transport tells a reset from
     * an orderly end, so that a flood of connections leaves nothing behind here that waits for its
     * peers. On its event loop.
     */
    void resetOnClose();
  }
}
