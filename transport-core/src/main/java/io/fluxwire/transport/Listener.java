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
   * @param accept is called with each accepted connection, on its event loop; must neither block
   *     nor throw
   * @return emits the listening transport, which the subscriber then owns, and completes; errors
   *     when it cannot listen. After an error, or a cancel before it emits, nothing listens. Each
   *     subscription starts to listen anew
   */
  Mono<Bound> bind(Consumer<? super Accepted> accept);

  /**
   * A transport that listens. Disposing of it does not close the connections that it has accepted.
   */
  interface Bound extends Disposable {

    /**
     * The address on which it listens.
     *
     * @return the address that peers dial
     */
    SocketAddress address();

    /**
     * The end of listening.
     *
     * @return completes when nothing listens any more and everything that belonged to it, such as a
     *     socket's file, is removed; never errors
     */
    Mono<Void> onDispose();
  }

  /**
   * A connection that has just been accepted. Nothing has been done with it yet, so that refusing
   * it costs little. Disposing of it closes it.
   */
  interface Accepted extends Disposable {

    /**
     * The address that it comes from.
     *
     * @return the peer's address; if the transport's peers have no address, the address on which it
     *     was accepted
     */
    SocketAddress from();

    /**
     * The scheduler on which {@code accept} was called and on which the other methods have to be
     * called.
     *
     * @return the connection's event loop
     */
    Scheduler scheduler();

    /**
     * Takes the connection over. To be called on its event loop.
     *
     * @return the connection, each time the same one; closing it and disposing of this have the
     *     same effect
     */
    ByteDuplex duplex();

    /**
     * Makes the connection end with a reset when either side closes it, if the transport has
     * resets, so that after a flood of connections none of them stays behind and waits for its
     * peer. To be called on its event loop.
     */
    void resetOnClose();
  }
}
