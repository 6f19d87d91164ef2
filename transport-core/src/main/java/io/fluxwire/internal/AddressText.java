package io.fluxwire.internal;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;

/**
 * Addresses as people write them: {@code HOST:PORT}, with brackets around an IPv6 address, and
 * {@code unix:PATH}.
 */
public final class AddressText {

  /** What a Unix socket's path begins with, so that it is not taken for a host. */
  public static final String UNIX = "unix:";

  private AddressText() {}

  /**
   * Writes an address without the name that it was found by.
   *
   * @param address any address
   * @return {@code 192.0.2.1:9735}, {@code [2001:db8::1]:9735}, {@code host.example:9735} for one
   *     that is not resolved, {@code unix:/run/node.sock}, and what {@code toString} gives for one
   *     of another kind
   */
  public static String of(SocketAddress address) {
    if (address instanceof UnixDomainSocketAddress unix) {
      return UNIX + unix.getPath();
    }
    if (!(address instanceof InetSocketAddress inet)) {
      return String.valueOf(address);
    }
    InetAddress ip = inet.getAddress();
    return ip == null ? of(inet.getHostString(), inet.getPort()) : of(numeric(ip), inet.getPort());
  }

  /**
   * Writes a host and a port.
   *
   * @param host a name or an IP address, an IPv6 one without brackets
   * @param port the TCP port
   * @return the two with a colon between them, and brackets around a host that has colons itself
   */
  public static String of(String host, int port) {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }

  /** With the scope of a link-local one, without which nobody can dial it. */
  private static String numeric(InetAddress ip) {
    String full = ip.getHostAddress();
    int scope = full.indexOf('%');
    return NetUtil.toAddressString(ip) + (scope < 0 ? "" : full.substring(scope));
  }
}
