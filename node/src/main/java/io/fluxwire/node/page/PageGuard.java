package io.fluxwire.node.page;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.NetUtil;
import java.util.Locale;

/**
 * Keeps other web sites out, which reach the page through the browser of whoever looks at them.
 *
 * <p>A site can point a name of its own at this node's address (DNS rebinding): the name of a
 * request has to be {@code localhost}, an address, or the one that the page is bound to. A site can
 * post here from its own page: browsers say where a request comes from, and it has to be this page.
 */
final class PageGuard {

  private final String ownHost;

  PageGuard(String ownHost) {
    this.ownHost = ownHost.toLowerCase(Locale.ROOT);
  }

  /** Whether the request names this node. */
  boolean isForThisNode(HttpHeaders headers) {
    if (headers.getAll(HttpHeaderNames.HOST).size() != 1) {
      return false;
    }
    String name = nameOf(headers.get(HttpHeaderNames.HOST)).toLowerCase(Locale.ROOT);
    return name.equals("localhost") || name.equals(ownHost) || isAddress(name);
  }

  /** Whether the page itself sent the request. */
  boolean isFromThisPage(HttpHeaders headers) {
    String site = headers.get("Sec-Fetch-Site");
    String origin = headers.get(HttpHeaderNames.ORIGIN);
    if (site == null && origin == null) {
      return false;
    }
    return (site == null || site.equals("same-origin"))
        && (origin == null || origin.equals("http://" + headers.get(HttpHeaderNames.HOST)));
  }

  private static String nameOf(String host) {
    int port = host.lastIndexOf(':');
    int bracket = host.lastIndexOf(']');
    return port > bracket ? host.substring(0, port) : host;
  }

  private static boolean isAddress(String name) {
    return (name.startsWith("[") && name.endsWith("]"))
        ? NetUtil.isValidIpV6Address(name.substring(1, name.length() - 1))
        : NetUtil.isValidIpV4Address(name);
  }
}
