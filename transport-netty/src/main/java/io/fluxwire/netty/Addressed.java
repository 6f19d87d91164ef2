package io.fluxwire.netty;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.function.Predicate;

/** Tests for IP addresses, of socket addresses. */
final class Addressed {

  private Addressed() {}

  /**
   * Also true where there is no IP address to test: a Unix socket, a name that a proxy resolves.
   */
  static boolean passes(Predicate<? super InetAddress> test, SocketAddress address) {
    return !(address instanceof InetSocketAddress socket)
        || socket.getAddress() == null
        || test.test(socket.getAddress());
  }
}
