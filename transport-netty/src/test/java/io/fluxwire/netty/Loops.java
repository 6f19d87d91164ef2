package io.fluxwire.netty;

import io.netty.channel.epoll.Epoll;
import org.junit.jupiter.api.Assumptions;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpResources;
import reactor.netty.tcp.TcpServer;

/** The kinds of event loops that connections run on. */
enum Loops {
  EPOLL,
  NIO;

  private boolean isNative() {
    Assumptions.assumeTrue(this == NIO || Epoll.isAvailable());
    return this == EPOLL;
  }

  TcpClient client(TcpClient client) {
    return client.runOn(loops(), isNative());
  }

  TcpServer server(TcpServer server) {
    return server.runOn(loops(), isNative());
  }

  /** Those that all share. */
  private static LoopResources loops() {
    return TcpResources.get();
  }
}
