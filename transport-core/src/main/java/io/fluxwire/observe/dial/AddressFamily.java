package io.fluxwire.observe.dial;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;

/** The kind of an address: a tag's values. */
public enum AddressFamily {
  /** An IPv4 address. */
  IPV4,
  /** An IPv6 address. */
  IPV6,
  /** The path of a Unix socket. */
  UNIX,
  /** None of these, or not one alone: names are resolved for both families at once. */
  OTHER;

  /**
   * The family of an address.
   *
   * @param address any address
   * @return {@link #OTHER} unless it is a resolved IP address or a Unix socket's path
   */
  public static AddressFamily of(SocketAddress address) {
    if (address instanceof InetSocketAddress inet) {
      if (inet.getAddress() instanceof Inet4Address) {
        return IPV4;
      }
      if (inet.getAddress() instanceof Inet6Address) {
        return IPV6;
      }
    }
    return address instanceof UnixDomainSocketAddress ? UNIX : OTHER;
  }
}
