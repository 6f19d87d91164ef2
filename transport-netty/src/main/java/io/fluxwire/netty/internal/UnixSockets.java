package io.fluxwire.netty.internal;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.internal.PlatformDependent;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import reactor.netty.resources.LoopResources;

/**
 * Addresses of Unix domain sockets. There are two classes of them: the JDK's, which Fluxwire uses,
 * and Netty's, which Netty's native channels need.
 */
public final class UnixSockets {

  /** How many bytes fit into {@code sockaddr_un} on Linux and Windows, without the NUL. */
  private static final int MAX_PATH = 107;

  private static final int MAX_PATH_OF_BSD = 103;

  private UnixSockets() {}

  /**
   * The JDK's form of an address.
   *
   * @param address any address
   * @return the same address, or for Netty's class for Unix sockets the JDK's
   */
  public static SocketAddress canonical(SocketAddress address) {
    return address instanceof DomainSocketAddress unix
        ? UnixDomainSocketAddress.of(unix.path())
        : address;
  }

  /**
   * Refuses a path that is too long for the system; Netty's native calls would silently cut it.
   *
   * @param path a socket's path
   * @param reserve how many bytes longer another path will be
   * @throws SocketException when the path is too long; the message has the limit
   */
  static void checkLength(Path path, int reserve) throws SocketException {
    int size = path.toString().getBytes(StandardCharsets.UTF_8).length;
    int limit = maxPath() - reserve;
    if (size == 0 || size > limit) {
      throw new SocketException(
          "the path of a Unix socket has 1 to %d bytes, not %d".formatted(limit, size));
    }
  }

  static int maxPath() {
    return PlatformDependent.isWindows() || PlatformDependent.normalizedOs().equals("linux")
        ? MAX_PATH
        : MAX_PATH_OF_BSD;
  }

  /**
   * The form of an address that an event loop's channels take.
   *
   * @param address the address
   * @param loops creates the channels
   * @param group runs the channels
   * @return the JDK's class for NIO, Netty's class for a native transport
   */
  static SocketAddress forChannels(
      UnixDomainSocketAddress address, LoopResources loops, EventLoopGroup group) {
    return NioSocketChannel.class.isAssignableFrom(loops.onChannelClass(SocketChannel.class, group))
        ? address
        : new DomainSocketAddress(address.getPath().toString());
  }
}
