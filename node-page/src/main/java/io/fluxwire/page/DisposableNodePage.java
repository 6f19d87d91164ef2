package io.fluxwire.page;

import io.fluxwire.internal.AddressText;
import java.net.InetSocketAddress;
import java.time.Duration;
import reactor.core.Disposable;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** A {@link NodePage} that is served by a server of its own, until it is disposed. */
public final class DisposableNodePage implements Disposable {

  private final DisposableServer listener;
  private final HttpConnections connections;

  private DisposableNodePage(DisposableServer listener, HttpConnections connections) {
    this.listener = listener;
    this.connections = connections;
  }

  static DisposableNodePage startNow(PageServer server, String host, int port, Duration maxWait) {
    HttpConnections connections = new HttpConnections(maxWait);
    DisposableServer listener =
        HttpServer.create()
            .host(host)
            .port(port)
            // Once for each connection; doOnConnection is called for each request.
            .doOnChannelInit((observer, channel, address) -> connections.accepted(channel))
            .handle(server)
            .bindNow();
    return new DisposableNodePage(listener, connections);
  }

  HttpConnections connections() {
    return connections;
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
   * Where a browser finds it.
   *
   * @return the page's URL
   */
  public String url() {
    InetSocketAddress address = address();
    return address.getAddress().isAnyLocalAddress()
        ? "http://localhost:" + address.getPort() + "/"
        : "http://" + AddressText.of(address) + "/";
  }

  /** Stops listening and closes all connections. Does not wait; further calls do nothing. */
  @Override
  public void dispose() {
    listener.dispose();
    connections.close();
  }

  /** Whether it has stopped listening. */
  @Override
  public boolean isDisposed() {
    return listener.isDisposed();
  }
}
