package io.fluxwire.dial;

import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/** What a dial has to know of an address. */
final class Addresses {

  private Addresses() {}

  static boolean isIpv6(SocketAddress address) {
    return address instanceof InetSocketAddress inet && inet.getAddress() instanceof Inet6Address;
  }
}
