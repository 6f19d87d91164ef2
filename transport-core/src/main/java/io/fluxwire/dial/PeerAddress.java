package io.fluxwire.dial;

import io.fluxwire.NodeId;
import io.fluxwire.internal.AddressText;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A peer's node id and address, as people write them: {@code ID@HOST:PORT}, or {@code HOST:PORT} if
 * the peer may be any node. An IPv6 address goes in brackets. {@link #parse} reads what {@code
 * toString} returns.
 *
 * @param id the node id that the peer has to have; null for any
 * @param host a name or an IP address, an IPv6 one without brackets
 * @param port the TCP port, 0 to 65,535
 */
public record PeerAddress(@Nullable NodeId id, String host, int port) {

  private static final Pattern HOST_AND_PORT =
      Pattern.compile("(?:\\[([^\\]]+)]|([^:\\[\\]]+)):(\\d{1,5})");

  private static final Pattern BARE_IPV6 = Pattern.compile("([^\\[\\]]*:[^\\[\\]]*):(\\d{1,5})");

  /** Checks that there is a host and that the port is valid. */
  public PeerAddress {
    Objects.requireNonNull(host, "host");
    if (host.isEmpty() || port < 0 || port > 65_535) {
      throw new IllegalArgumentException(
          "expected a host and a port from 0 to 65535, not '%s' and %d".formatted(host, port));
    }
  }

  /**
   * Reads an address. Does not resolve names.
   *
   * @param text {@code ID@HOST:PORT} or {@code HOST:PORT}
   * @return the address
   * @throws IllegalArgumentException when the text has neither form; the message says what to write
   */
  public static PeerAddress parse(String text) {
    int at = text.indexOf('@');
    NodeId id = at < 0 ? null : NodeId.parse(text.substring(0, at));
    String where = text.substring(at + 1);
    Matcher bare = BARE_IPV6.matcher(where);
    if (bare.matches() && NetUtil.isValidIpV6Address(bare.group(1))) {
      throw new IllegalArgumentException(
          "'%s': an IPv6 address with a port goes in brackets: [%s]:%s"
              .formatted(text, bare.group(1), bare.group(2)));
    }
    Matcher matcher = HOST_AND_PORT.matcher(where);
    if (!matcher.matches() || Integer.parseInt(matcher.group(3)) > 65_535) {
      throw new IllegalArgumentException(
          "'" + text + "' is not HOST:PORT (an IPv6 address goes in brackets: [::1]:9735)");
    }
    String host = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
    return new PeerAddress(id, host, Integer.parseInt(matcher.group(3)));
  }

  /**
   * The host and the port as a socket address.
   *
   * @return the address, not resolved
   */
  public InetSocketAddress socketAddress() {
    return InetSocketAddress.createUnresolved(host, port);
  }

  @Override
  public String toString() {
    String where = AddressText.of(host, port);
    return id == null ? where : id + "@" + where;
  }
}
