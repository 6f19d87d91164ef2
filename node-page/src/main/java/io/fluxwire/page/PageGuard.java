package io.fluxwire.page;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.NetUtil;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Keeps other web sites out, which reach the page through the browser of whoever looks at them. A
 * request that says something twice, of which two readers could take different ones, says nothing.
 *
 * <p>A site can point a name of its own at this node's address (DNS rebinding): the name of a
 * request has to be {@code localhost}, an address, or the one that the page is bound to. A site can
 * post here from its own page: browsers say where a request comes from, and it has to be this page.
 */
final class PageGuard {

  private static final Pattern ABSOLUTE =
      Pattern.compile("http://([^/?#]*).*", Pattern.CASE_INSENSITIVE);

  private final String ownHost;

  PageGuard(String ownHost) {
    this.ownHost = ownHost.toLowerCase(Locale.ROOT);
  }

  /**
   * Whom a request is for: the host in its target, if it has one, or else its Host header (RFC 9112
   * section 3.2).
   *
   * @param target what is asked for, as it was sent
   * @return a host and maybe a port; null when that cannot be told
   */
  static @Nullable String authority(String target, HttpHeaders headers) {
    List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
    if (hosts.size() != 1) {
      return null;
    }
    if (target.startsWith("/")) {
      return hosts.get(0);
    }
    Matcher absolute = ABSOLUTE.matcher(target);
    return absolute.matches() ? absolute.group(1) : null;
  }

  /**
   * Whether a request is for this node.
   *
   * @param authority as {@link #authority} gives it
   */
  boolean isForThisNode(String authority) {
    String name = nameOf(authority).toLowerCase(Locale.ROOT);
    return name.equals("localhost") || name.equals(ownHost) || isAddress(name);
  }

  /**
   * Whether the page itself sent a request.
   *
   * @param authority as {@link #authority} gives it
   */
  static boolean isFromThisPage(HttpHeaders headers, String authority) {
    List<String> sites = headers.getAll("Sec-Fetch-Site");
    List<String> origins = headers.getAll(HttpHeaderNames.ORIGIN);
    return sites.size() + origins.size() > 0
        && (sites.isEmpty() || sites.equals(List.of("same-origin")))
        && (origins.isEmpty() || origins.equals(List.of("http://" + authority)));
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
