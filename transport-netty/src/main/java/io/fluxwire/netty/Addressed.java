package io.fluxwire.netty;

import io.fluxwire.access.CidrList;
import io.fluxwire.netty.internal.UnixSockets;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Tests of socket addresses by their IP addresses. */
final class Addressed {

  private Addressed() {}

  /**
   * Whether an address may be used. A test cannot judge what has no IP address, so it is refused
   * when there is a test.
   *
   * @param test null allows every address
   * @param address in the form of {@link #canonical}
   */
  static boolean passes(@Nullable Predicate<? super InetAddress> test, SocketAddress address) {
    if (test == null) {
      return true;
    }
    return address instanceof InetSocketAddress socket
        && socket.getAddress() != null
        && test.test(socket.getAddress());
  }

  /** The same address in the form in which lists compare it: {@link CidrList#canonical}. */
  static InetSocketAddress canonical(InetSocketAddress socket) {
    InetAddress address = socket.getAddress();
    if (address == null) {
      return socket;
    }
    InetAddress canonical = CidrList.canonical(address);
    return canonical.equals(address) ? socket : new InetSocketAddress(canonical, socket.getPort());
  }

  /**
   * As {@link #canonical(InetSocketAddress)}; the address of a Unix socket is converted to the
   * JDK's class, and an address of another kind stays as it is.
   */
  static SocketAddress canonical(SocketAddress address) {
    return address instanceof InetSocketAddress socket
        ? canonical(socket)
        : UnixSockets.canonical(address);
  }
}
