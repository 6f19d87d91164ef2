package io.fluxwire.rsocket;

import io.fluxwire.netty.DisposablePeerServer;
import io.rsocket.Closeable;
import reactor.core.publisher.Mono;

/** A running server as RSocket's {@code Closeable}. */
public final class CloseablePeerServer implements Closeable {

  private final DisposablePeerServer server;

  CloseablePeerServer(DisposablePeerServer server) {
    this.server = server;
  }

  /**
   * The server itself, with its address, its node id, and a method to disconnect peers.
   *
   * @return the running server
   */
  public DisposablePeerServer server() {
    return server;
  }

  /**
   * {@link DisposablePeerServer#dispose()}: stops listening, and closes its connections in good
   * order. Does not wait.
   */
  @Override
  public void dispose() {
    server.dispose();
  }

  /**
   * Whether it has stopped listening. Its connections may still be open: {@link #onClose()} tells
   * when all are closed.
   *
   * @return as {@link DisposablePeerServer#isDisposed()}
   */
  @Override
  public boolean isDisposed() {
    return server.isDisposed();
  }

  /**
   * The end of the server.
   *
   * @return completes when it neither listens nor has a connection; never errors
   */
  @Override
  public Mono<Void> onClose() {
    return server.onDispose();
  }

  /** The text of the server. */
  @Override
  public String toString() {
    return server.toString();
  }
}
