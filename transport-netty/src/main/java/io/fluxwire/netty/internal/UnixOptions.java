package io.fluxwire.netty.internal;

import io.netty.channel.ChannelOption;
import java.util.Map;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpServer;

/**
 * Removes TCP's options from a client or server that uses a Unix socket, which does not have them:
 * Reactor Netty would log a warning for each option of each connection.
 */
final class UnixOptions {

  private UnixOptions() {}

  static TcpClient of(TcpClient client) {
    TcpClient unix = client;
    for (ChannelOption<?> option : client.configuration().options().keySet()) {
      unix = isOfTcp(option) ? unix.option(option, null) : unix;
    }
    return unix;
  }

  static TcpServer of(TcpServer server) {
    TcpServer unix = server;
    for (ChannelOption<?> option : server.configuration().options().keySet()) {
      unix = isOfTcp(option) ? unix.option(option, null) : unix;
    }
    Map<ChannelOption<?>, ?> ofConnections = server.configuration().childOptions();
    for (ChannelOption<?> option : ofConnections.keySet()) {
      unix = isOfTcp(option) ? unix.childOption(option, null) : unix;
    }
    return unix;
  }

  /**
   * Includes half-closure, which {@link NettyByteDuplex} sets in a way that works for every
   * channel.
   */
  private static boolean isOfTcp(ChannelOption<?> option) {
    String name = option.name();
    return option.equals(ChannelOption.SO_KEEPALIVE)
        || option.equals(ChannelOption.SO_LINGER)
        || option.equals(ChannelOption.SO_REUSEADDR)
        || option.equals(ChannelOption.ALLOW_HALF_CLOSURE)
        || name.contains("TCP_")
        || name.contains("IP_");
  }
}
