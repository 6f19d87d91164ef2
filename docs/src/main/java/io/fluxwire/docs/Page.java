package io.fluxwire.docs;

import io.fluxwire.NodeIdentity;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.page.DisposableNodePage;
import io.fluxwire.page.MountedPage;
import io.fluxwire.page.NodeMonitor;
import io.fluxwire.page.NodePage;
import io.fluxwire.proto.Pkt;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.function.Predicate;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;

/** The pages of the page about the page. */
final class Page {

  private Page() {}

  static PeerServer<Pkt> watched(NodeIdentity key, NodeMonitor monitor) {
    return monitor
        .watch(PeerServer.create(key))
        .handle(
            peer -> {
              // Only if the page shall show how long this peer takes to answer.
              monitor.ping(peer);
              return peer.send(peer.receive());
            });
  }

  static DisposableNodePage alone(
      NodeIdentity key, NodeMonitor monitor, PrometheusMeterRegistry registry) {
    return NodePage.of(monitor)
        .name("orders")
        .id(key.id())
        .metrics(registry::scrape)
        .bindNow("127.0.0.1", 8080);
  }

  static HttpServer behindALogin(NodeMonitor monitor, Predicate<HttpServerRequest> operator) {
    MountedPage page = NodePage.of(monitor).name("orders").mount("/admin/node");
    return HttpServer.create()
        .route(
            routes ->
                routes.route(
                    request -> page.covers(request.fullPath()),
                    (request, response) ->
                        operator.test(request)
                            ? page.apply(request, response)
                            : response.status(401).header("WWW-Authenticate", "Basic").send()));
  }
}
