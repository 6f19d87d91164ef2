package io.fluxwire.page;

import io.fluxwire.page.Snapshot.Link;
import io.netty.handler.codec.http.HttpMethod;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** What the page's own server does with a request before the page has it. */
final class PageServer
    implements BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> {

  private final PageContent content;
  private final @Nullable BreakableLink link;
  private final PageGuard guard;

  PageServer(PageContent content, @Nullable BreakableLink link, PageGuard guard) {
    this.content = content;
    this.link = link;
    this.guard = guard;
  }

  /** A network, and what was done to it last. */
  static final class BreakableLink {

    private final NetworkSwitch network;
    private volatile boolean stalled;

    BreakableLink(NetworkSwitch network) {
      this.network = network;
    }

    Link state() {
      return new Link(stalled);
    }

    private void change(String how) {
      switch (how) {
        case "drop" -> network.drop();
        case "stall" -> {
          stalled = true;
          network.stall();
        }
        default -> {
          stalled = false;
          network.heal();
        }
      }
    }
  }

  @Override
  public Publisher<Void> apply(HttpServerRequest request, HttpServerResponse response) {
    String authority = PageGuard.authority(request.uri(), request.requestHeaders());
    if (authority == null) {
      return text(response, 400, "A request names one host, once.");
    }
    if (!guard.isForThisNode(authority)) {
      return text(response, 421, "Ask by address, or by the name that the page is bound to.");
    }
    String path = "/" + request.path();
    BreakableLink breakable = link;
    return breakable != null && path.startsWith("/link/")
        ? PageWriter.write(response, breakLink(breakable, path, authority, request))
        : content.serve(
            request.method().name(),
            path,
            query(request),
            remoteAddress(request),
            answer -> PageWriter.write(response, answer));
  }

  /** As it came, without its question mark; null for none. */
  static @Nullable String query(HttpServerRequest request) {
    String uri = request.uri();
    int mark = uri.indexOf('?');
    return mark < 0 ? null : uri.substring(mark + 1);
  }

  static @Nullable InetAddress remoteAddress(HttpServerRequest request) {
    InetSocketAddress from = request.remoteAddress();
    return from == null ? null : from.getAddress();
  }

  private static PageAnswer breakLink(
      BreakableLink link, String path, String authority, HttpServerRequest request) {
    if (!path.matches("/link/(drop|stall|heal)")) {
      return PageAnswer.text(404, "There is nothing here.");
    }
    if (!request.method().equals(HttpMethod.POST)) {
      return PageAnswer.text(405, "Only to be posted to.").header("Allow", "POST");
    }
    if (!PageGuard.isFromThisPage(request.requestHeaders(), authority)) {
      return PageAnswer.text(403, "Only the page itself may ask for this.");
    }
    link.change(path.substring("/link/".length()));
    return PageAnswer.empty(204, "text/plain");
  }

  private static Publisher<Void> text(HttpServerResponse response, int status, String why) {
    return PageWriter.write(response, PageAnswer.text(status, why));
  }
}
