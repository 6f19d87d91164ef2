package io.fluxwire.netty.internal;

import io.fluxwire.PeerConnectException;
import io.fluxwire.Reason;
import io.fluxwire.internal.FailureText;
import io.fluxwire.transport.ByteDuplex;
import io.fluxwire.transport.Connector;
import io.netty.resolver.NoopAddressResolverGroup;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpClientConfig;
import reactor.netty.transport.ProxyProvider;

/** Connects by Reactor Netty: to an IP address by TCP, to a path by a Unix socket. */
public final class NettyConnector implements Connector {

  private final TcpClient client;

  /**
   * Makes a connector.
   *
   * @param client the configured client, with half-closure allowed and a resolver of names; must
   *     not pool connections
   */
  public NettyConnector(TcpClient client) {
    this.client = client;
  }

  /**
   * {@inheritDoc}
   *
   * @param address an IP address, a name that the client or its proxy resolves, or a Unix socket's
   *     path
   */
  @Override
  public Mono<ByteDuplex> connect(SocketAddress address) {
    return open(address).cast(ByteDuplex.class);
  }

  /** As {@link #connect}, but with a type that can reset the connection. */
  public Mono<NettyByteDuplex> open(SocketAddress address) {
    if (address instanceof InetSocketAddress socket && !isResolvable(socket)) {
      return Mono.error(
          new PeerConnectException(
              Reason.NAME_NOT_RESOLVED, "neither the client's resolver nor a proxy resolves it"));
    }
    return UnixSockets.canonical(address) instanceof UnixDomainSocketAddress unix
        ? Mono.defer(() -> connectUnix(unix))
        : connect(client, address).map(NettyByteDuplex::over);
  }

  private boolean isResolvable(InetSocketAddress address) {
    TcpClientConfig config = client.configuration();
    return !address.isUnresolved()
        || config.resolver() != NoopAddressResolverGroup.INSTANCE
        || isProxied(config, address);
  }

  private static boolean isProxied(TcpClientConfig config, SocketAddress address) {
    Supplier<ProxyProvider> supplier = config.proxyProviderSupplier();
    ProxyProvider proxy = supplier == null ? config.proxyProvider() : supplier.get();
    return proxy != null && proxy.shouldProxy(address);
  }

  private Mono<NettyByteDuplex> connectUnix(UnixDomainSocketAddress address) {
    try {
      UnixSockets.checkLength(address.getPath(), 0);
    } catch (SocketException e) {
      return Mono.error(failed(e, address));
    }
    TcpClientConfig config = client.configuration();
    SocketAddress path =
        UnixSockets.forChannels(
            address,
            config.loopResources(),
            config.loopResources().onClient(config.isPreferNative()));
    return connect(UnixOptions.of(client), path)
        .map(connection -> NettyByteDuplex.over(connection, address));
  }

  private static Mono<? extends Connection> connect(TcpClient client, SocketAddress address) {
    return client
        .remoteAddress(() -> address)
        .connect()
        .onErrorMap(failure -> failed(failure, address));
  }

  /** Removes the address that Netty appends, since the report of this error names it anyway. */
  private static PeerConnectException failed(Throwable failure, SocketAddress address) {
    return new PeerConnectException(
        Reason.CONNECT_FAILED, FailureText.of(failure).replace(": " + address, ""), failure);
  }
}
