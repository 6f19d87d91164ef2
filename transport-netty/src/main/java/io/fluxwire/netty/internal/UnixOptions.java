package io.fluxwire.netty.internal;

import io.netty.channel.ChannelOption;
import java.util.Map;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpServer;

/**
 * Takes the options of TCP from what connects or listens by a Unix socket, which has none of them:
 * Reactor Netty would warn of each, for each connection.
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

  /** Also half-closure, which {@link NettyByteDuplex} sets in a way that every channel knows. */
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
