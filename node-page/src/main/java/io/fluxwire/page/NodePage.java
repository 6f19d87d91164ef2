package io.fluxwire.page;

import io.fluxwire.NodeId;
import io.fluxwire.page.PageServer.BreakableLink;
import io.fluxwire.page.Snapshot.Node;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * What a node's page shows, and where: on a server of its own, or on the application's. Below its
 * path are the page itself, {@code health}, {@code live}, {@code peers}, {@code events}; where
 * {@link #metrics} is set, {@code metrics}; and where the monitor has a {@linkplain
 * NodeMonitor#fleet fleet}, {@code fleet}. Immutable; each setter returns a copy.
 *
 * <p>At most 16 browsers watch a page at a time. Snapshots are made every second, and only while
 * somebody watches. From when a page is made on, its monitor keeps the last 15 minutes in 900
 * samples, so that whoever opens the page sees what was before.
 */
public final class NodePage {

  private static final Duration TICK = Duration.ofSeconds(1);

  /** How long a connection may be without a request; a scraper's once a minute starts anew. */
  private static final Duration MAX_WAIT = Duration.ofSeconds(60);

  private final NodeMonitor monitor;
  private final String name;
  private final @Nullable NodeId id;
  private final @Nullable Supplier<String> metrics;
  private final @Nullable NetworkSwitch network;

  private NodePage(
      NodeMonitor monitor,
      String name,
      @Nullable NodeId id,
      @Nullable Supplier<String> metrics,
      @Nullable NetworkSwitch network) {
    this.monitor = monitor;
    this.name = name;
    this.id = id;
    this.metrics = metrics;
    this.network = network;
  }

  /**
   * A page without a name, an id or metrics.
   *
   * @param monitor what it shows
   * @return a page that is not served yet
   */
  public static NodePage of(NodeMonitor monitor) {
    return new NodePage(Objects.requireNonNull(monitor), "node", null, null, null);
  }

  /**
   * Names the node in the page's head.
   *
   * @param newName what it is called, or what it runs; the default is {@code node}
   * @return a copy
   */
  public NodePage name(String newName) {
    return new NodePage(monitor, Objects.requireNonNull(newName), id, metrics, network);
  }

  /**
   * Shows the node's id in the page's head; without it, none is shown.
   *
   * @param newId the id
   * @return a copy
   */
  public NodePage id(NodeId newId) {
    return new NodePage(monitor, name, Objects.requireNonNull(newId), metrics, network);
  }

  /**
   * Adds the path {@code metrics}, which otherwise gives status 404.
   *
   * @param scrape makes the answer, in Prometheus' text format 0.0.4, such as {@code
   *     registry::scrape} of a {@code PrometheusMeterRegistry}; called for each request, on a
   *     thread that may block. Where it throws, the answer errors
   * @return a copy
   */
  public NodePage metrics(Supplier<String> scrape) {
    return new NodePage(monitor, name, id, Objects.requireNonNull(scrape), network);
  }

  /**
   * Adds buttons that break a network. Only the page's own server has them ({@link #bindNow}),
   * since they change something, and a mounted page can only be read.
   *
   * @param newNetwork the network that they break
   * @return a copy
   */
  public NodePage network(NetworkSwitch newNetwork) {
    return new NodePage(monitor, name, id, metrics, Objects.requireNonNull(newNetwork));
  }

  /**
   * Serves the page by a server of its own, at {@code /}. Blocks until it listens: not for an event
   * loop.
   *
   * <p>Whoever reaches the address sees all peers, since there is no authentication: bind to
   * another address than loopback only in a network that you trust. Requests that other web sites
   * make through a visitor's browser are refused: the {@code Host} of a request has to be {@code
   * localhost}, an address, or this host. At most 64 connections are open. A further one replaces
   * the one that has been without a request for the longest, or is closed where all are being
   * answered. A connection is closed after 60 s without a request.
   *
   * @param host the interface to listen on, and the name that requests may use
   * @param port the port; 0 picks a free one
   * @return the page, until it is disposed
   * @throws reactor.netty.ChannelBindException when the address cannot be bound
   */
  public DisposableNodePage bindNow(String host, int port) {
    NetworkSwitch breakable = network;
    BreakableLink link = breakable == null ? null : new BreakableLink(breakable);
    PageServer server = new PageServer(content(link), link, new PageGuard(host));
    return DisposableNodePage.startNow(server, host, port, MAX_WAIT);
  }

  /**
   * Makes the page a part of the application's own HTTP server, below a path. The application
   * decides who may see it, before it passes a request on: the page does not authenticate, and does
   * not check the {@code Host} of a request. It can only be read (GET and HEAD), and answers with
   * headers that keep other sites from framing or reading it.
   *
   * @param path where it is, such as {@code /admin/fluxwire}: as requests have it, with a slash
   *     before and none behind; {@code /} for all of the server
   * @return the page, to be added to the server's routes
   * @throws IllegalArgumentException if the path does not start with a slash, ends with one, or has
   *     a query, a fragment, an empty segment, or the segment {@code .} or {@code ..}
   */
  public MountedPage mount(String path) {
    return new MountedPage(content(null), path);
  }

  private PageContent content(@Nullable BreakableLink link) {
    NodeId shown = id;
    return new PageContent(
        monitor,
        new Node(
            name, shown == null ? null : shown.toString(), metrics != null, Facts.ofThisProcess()),
        metrics,
        () -> link == null ? null : link.state(),
        Flux.interval(Duration.ZERO, TICK),
        System::nanoTime);
  }
}
