package io.fluxwire.node.page;

import io.fluxwire.NodeId;
import io.fluxwire.internal.AddressText;
import io.fluxwire.node.page.Snapshot.Node;
import io.fluxwire.testing.FaultProxy;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** The node's page: an HTTP server that shows what a {@link Monitor} sees. */
public final class NodePage implements Disposable {

  private static final Duration TICK = Duration.ofMillis(500);

  /** How long a connection may be without a request; a scraper's once a minute starts anew. */
  private static final Duration MAX_WAIT = Duration.ofSeconds(60);

  private final DisposableServer listener;
  private final HttpConnections connections;

  private NodePage(DisposableServer listener, HttpConnections connections) {
    this.listener = listener;
    this.connections = connections;
  }

  /**
   * What to serve.
   *
   * @param command what the node runs, for the page's head
   * @param id the node's id; null where the process runs more than one
   * @param link the network between nodes of this process, which the page's buttons break; null for
   *     no buttons
   */
  public record Content(String command, @Nullable NodeId id, @Nullable FaultProxy link) {}

  /**
   * Starts to serve. Blocks until it does: not for an event loop.
   *
   * @param monitor what is shown
   * @param registry what {@code /metrics} shows; the JVM's meters are added
   * @param content what else to serve
   * @param host the interface to listen on
   * @param port the port; 0 picks a free one
   * @return the page, until it is disposed
   * @throws reactor.netty.ChannelBindException when the address cannot be bound
   */
  public static NodePage startNow(
      Monitor monitor, PrometheusMeterRegistry registry, Content content, String host, int port) {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    NodeId id = content.id();
    Flux<Long> ticks =
        Flux.defer(
            () -> {
              monitor.forgetRoundTrips();
              return Flux.interval(Duration.ZERO, TICK);
            });
    PageRoutes routes =
        new PageRoutes(
            monitor,
            registry,
            new Node(content.command(), id == null ? null : id.toString()),
            content.link(),
            new PageGuard(host),
            ticks,
            System::nanoTime);
    return startNow(routes, host, port, MAX_WAIT);
  }

  static NodePage startNow(PageRoutes routes, String host, int port, Duration maxWait) {
    HttpConnections connections = new HttpConnections(maxWait);
    DisposableServer listener =
        HttpServer.create()
            .host(host)
            .port(port)
            // Once for each connection; doOnConnection is called for each request.
            .doOnChannelInit((observer, channel, address) -> connections.accepted(channel))
            .handle(routes)
            .bindNow();
    return new NodePage(listener, connections);
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

  /** Stops listening and closes what browsers have open. */
  @Override
  public void dispose() {
    listener.dispose();
    connections.close();
  }

  @Override
  public boolean isDisposed() {
    return listener.isDisposed();
  }
}
