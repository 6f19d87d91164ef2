package io.fluxwire.netty;

import io.fluxwire.PeerConnectException;
import io.fluxwire.Reason;
import io.fluxwire.internal.AddressText;
import io.fluxwire.internal.FailureText;
import io.fluxwire.netty.internal.NettyByteDuplex;
import io.fluxwire.transport.ByteDuplex;
import io.fluxwire.transport.Connector;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.proxy.Socks5ProxyHandler;
import io.netty.resolver.NoopAddressResolverGroup;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import reactor.core.publisher.Mono;
import reactor.netty.tcp.TcpClient;

/**
 * Connects by a SOCKS 5 proxy, which is given names as they are. Reactor Netty's own support for
 * proxies resolves the proxy's name on an event loop, which blocks it, and emits connections before
 * the proxy has answered.
 */
final class SocksConnector implements Connector {

  /** How many addresses of a proxy are tried for one connection. */
  private static final int ADDRESSES = 4;

  private static final String HANDLER = "fluxwire.socks";

  private final TcpClient client;
  private final SocksProxy proxy;
  private final Names names;
  private final Connector direct;

  /**
   * Makes a connector.
   *
   * @param client the client that connects to the proxy, and whose resolver finds it
   * @param proxy the proxy
   * @param names resolves the proxy's name
   * @param direct connects to what has no IP address, such as Unix sockets
   */
  SocksConnector(TcpClient client, SocksProxy proxy, Names names, Connector direct) {
    this.client = client;
    this.proxy = proxy;
    this.names = names;
    this.direct = direct;
  }

  @Override
  public Mono<ByteDuplex> connect(SocketAddress address) {
    return address instanceof InetSocketAddress target
        ? connectBy(target)
        : direct.connect(address);
  }

  private Mono<ByteDuplex> connectBy(InetSocketAddress target) {
    return names
        .addresses(proxy.address(), client)
        .concatMapIterable(found -> found)
        .take(ADDRESSES)
        .collectList()
        .onErrorMap(failure -> unreachable(proxy.address(), failure))
        .flatMap(found -> firstOf(found, target));
  }

  private Mono<ByteDuplex> firstOf(List<InetSocketAddress> proxies, InetSocketAddress target) {
    Mono<ByteDuplex> first = connect(proxies.get(0), target);
    return proxies.size() == 1
        ? first
        : first.onErrorResume(
            failure ->
                failure instanceof PeerConnectException known
                    && known.reason() == Reason.PROXY_UNREACHABLE,
            unreachable -> firstOf(proxies.subList(1, proxies.size()), target));
  }

  private Mono<ByteDuplex> connect(InetSocketAddress at, InetSocketAddress target) {
    return Mono.defer(
        () -> {
          Socks5ProxyHandler handler = handler(at);
          SocksAnswers answers = new SocksAnswers();
          return client
              .noProxy()
              .resolver(NoopAddressResolverGroup.INSTANCE)
              .doOnChannelInit(
                  (observer, channel, remote) -> install(channel.pipeline(), handler, answers))
              .remoteAddress(() -> target)
              .connect()
              .onErrorMap(failure -> unreachable(at, failure))
              // It reads from now on: what the peer says may come with the proxy's answer.
              .map(NettyByteDuplex::over)
              .flatMap(
                  duplex ->
                      Futures.toMono(handler.connectFuture(), duplex::dispose)
                          .onErrorMap(failure -> failed(answers, failure))
                          .map(connected -> new ProxiedDuplex(duplex, target)));
        });
  }

  static void install(ChannelPipeline pipeline, Socks5ProxyHandler handler, SocksAnswers answers) {
    pipeline.addFirst(HANDLER, handler);
    // Behind the decoder that the handler has added.
    pipeline.addBefore(HANDLER, null, answers);
  }

  private Socks5ProxyHandler handler(InetSocketAddress at) {
    SocksProxy.Credentials credentials = proxy.credentials();
    Socks5ProxyHandler handler =
        credentials == null
            ? new Socks5ProxyHandler(at)
            : new Socks5ProxyHandler(at, credentials.user(), credentials.password());
    Object timeout = client.configuration().options().get(ChannelOption.CONNECT_TIMEOUT_MILLIS);
    if (timeout instanceof Integer millis) {
      handler.setConnectTimeoutMillis(millis);
    }
    return handler;
  }

  private PeerConnectException unreachable(InetSocketAddress at, Throwable failure) {
    return failure(
        Reason.PROXY_UNREACHABLE, FailureText.of(failure).replace(": " + at, ""), failure);
  }

  /** Netty wraps what {@link SocksAnswers} threw, and says the rest by text. */
  PeerConnectException failed(SocksAnswers answers, Throwable failure) {
    if (failure.getCause() instanceof PeerConnectException known) {
      return failure(known.reason(), FailureText.of(known), known);
    }
    return answers.isSocks()
        ? failure(Reason.CONNECT_FAILED, "it gave up, or gave no answer in time", failure)
        : failure(Reason.PROXY_UNREACHABLE, "it gave no answer, as a SOCKS 5 proxy would", failure);
  }

  private PeerConnectException failure(Reason reason, String why, Throwable cause) {
    return new PeerConnectException(
        reason, "by the proxy at %s: %s".formatted(AddressText.of(proxy.address()), why), cause);
  }
}
