package io.fluxwire.page;

import java.net.InetAddress;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.http.server.HttpServerRoutes;

/**
 * A page on an HTTP server of the application's. It handles requests of Reactor Netty's server, and
 * by {@link #serve} those of any other one. It does not authenticate: the application has to decide
 * who sees it before it passes a request on. Thread-safe; there is nothing to dispose of.
 */
public final class MountedPage
    implements BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> {

  private final PageContent content;

  /** Without a slash at its end; empty for all of the server. */
  private final String prefix;

  MountedPage(PageContent content, String path) {
    if (!path.matches("/|(/[^/?#]+)+") || path.matches(".*/\\.\\.?(/.*)?")) {
      throw new IllegalArgumentException(
          "a page's path is like /admin/fluxwire, without a slash at its end, not " + path);
    }
    this.content = content;
    this.prefix = path.equals("/") ? "" : path;
  }

  PageContent content() {
    return content;
  }

  /**
   * Whether a request is the page's.
   *
   * @param path the request's path, as the server has it, without its query
   * @return true for the page's path and all below it
   */
  public boolean covers(String path) {
    return path.equals(prefix) || path.startsWith(prefix + "/");
  }

  /**
   * Adds the page to a server, without authentication. To authenticate, add a handler of your own
   * that wraps the page instead: {@code routes.route(request -> page.covers(request.fullPath()),
   * authenticated(page))}.
   *
   * @param routes the server's; those that were added before have precedence
   */
  public void addTo(HttpServerRoutes routes) {
    routes.route(request -> covers(request.fullPath()), this);
  }

  /**
   * Answers a request of Reactor Netty's server. A connection that takes nothing of an answer for
   * 30 s is closed.
   *
   * @param request one that the page covers; others get 404
   * @param response its response, of which nothing is sent
   * @return completes when the answer is written, which for a browser's stream is when it is over;
   *     errors when it cannot be made or written
   */
  @Override
  public Publisher<Void> apply(HttpServerRequest request, HttpServerResponse response) {
    return serve(
        request.method().name(),
        request.fullPath(),
        PageServer.query(request),
        PageServer.remoteAddress(request),
        answer -> PageWriter.write(response, answer));
  }

  /**
   * {@link #serve(String, String, String, InetAddress, Function)} of a request without a query: all
   * tables are shown from their beginning, unsorted.
   *
   * @param method the request's, such as {@code GET}
   * @param path the request's path
   * @param from where the request comes from; null where that is not known
   * @param write writes an answer to the client
   * @return completes and errors as what {@code write} returned
   */
  public Mono<Void> serve(
      String method,
      String path,
      @Nullable InetAddress from,
      Function<? super PageAnswer, ? extends Publisher<Void>> write) {
    return serve(method, path, null, from, write);
  }

  /**
   * Answers a request of any HTTP server.
   *
   * @param method the request's, such as {@code GET}
   * @param path the request's path, as {@link #covers} has it; the page's own without a slash
   *     behind it is redirected
   * @param query the request's query as it came, without its question mark: which rows of a table
   *     are asked for; null for none
   * @param from where the request comes from, so that one address cannot take all of the 16 places
   *     for those who watch; null where that is not known
   * @param write writes an answer to the client; called once for each subscription. What it returns
   *     is cancelled when the result is, and has to end when the client takes nothing for long:
   *     nothing here ends it then, and what the server has buffered is its own to drop
   * @return completes and errors as what {@code write} returned
   */
  public Mono<Void> serve(
      String method,
      String path,
      @Nullable String query,
      @Nullable InetAddress from,
      Function<? super PageAnswer, ? extends Publisher<Void>> write) {
    if (!covers(path)) {
      return content.serve(method, "", query, from, write);
    }
    String below = path.substring(prefix.length());
    if (below.isEmpty() && !prefix.isEmpty()) {
      return Mono.defer(
          () ->
              Mono.from(
                  write.apply(
                      PageContent.reads(method) ? toThePage() : PageContent.onlyToBeRead())));
    }
    return content.serve(method, below.isEmpty() ? "/" : below, query, from, write);
  }

  /** Relative, so that it holds behind a proxy that puts the application elsewhere. */
  private PageAnswer toThePage() {
    String last = prefix.substring(prefix.lastIndexOf('/') + 1);
    return PageAnswer.text(302, "The page is below.").header("Location", last + "/");
  }
}
