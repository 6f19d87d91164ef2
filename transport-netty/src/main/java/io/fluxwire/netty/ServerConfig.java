package io.fluxwire.netty;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.channel.ChannelAcceptor;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.internal.AddressText;
import io.fluxwire.internal.Listeners;
import io.fluxwire.netty.internal.NettyListener;
import io.fluxwire.session.SessionSpec;
import io.fluxwire.transport.Listener;
import io.netty.channel.ChannelOption;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.netty.tcp.TcpServer;

/** The settings of a {@link PeerServer}. They do not change once a server has them. */
final class ServerConfig<P> {

  /**
   * How channels are handled.
   *
   * @param spec where and how they are stored
   * @param handler the application's code for one channel
   */
  record Channels<P>(
      ChannelSpec spec, Function<? super PeerChannel<P>, ? extends Publisher<Void>> handler) {

    ChannelAcceptor<P> acceptor(NodeId own, SessionSpec<P> session) {
      return new ChannelAcceptor<>(
          own, spec.observability(session.observability()), session.codec(), handler);
    }
  }

  SessionSpec<P> session;
  String host = "0.0.0.0";
  int port;

  /** Null listens on the host and the port. */
  @Nullable SocketAddress bindAddress;

  /** Null listens on sockets. */
  @Nullable Listener listener;

  Function<? super PeerConnection<P>, ? extends Publisher<Void>> handler =
      peer -> peer.receive().then();

  /** Null offers no channels. */
  @Nullable Channels<P> channels;

  Listeners<HandshakeFailure> onHandshakeFailure =
      Listeners.none("a listener of handshakes that failed");
  Listeners<PeerConnection<P>> onConnection = Listeners.none("a listener of connections");
  Listeners<DisposablePeerServer> onBound = Listeners.none("a listener of starts of a server");
  Listeners<DisposablePeerServer> onUnbound = Listeners.none("a listener of ends of a server");
  UnaryOperator<TcpServer> tcp = UnaryOperator.identity();

  /** Null admits everyone. */
  @Nullable Predicate<? super InetAddress> admitted;

  /** Whether the node is about to stop. */
  BooleanSupplier draining = () -> false;

  /** Null has no proxies. */
  @Nullable Predicate<? super InetAddress> proxies;

  InboundLimits limits = InboundLimits.create();

  ServerConfig(SessionSpec<P> session) {
    this.session = session;
  }

  ServerConfig(ServerConfig<P> other) {
    session = other.session;
    host = other.host;
    port = other.port;
    bindAddress = other.bindAddress;
    listener = other.listener;
    handler = other.handler;
    channels = other.channels;
    onHandshakeFailure = other.onHandshakeFailure;
    onConnection = other.onConnection;
    onBound = other.onBound;
    onUnbound = other.onUnbound;
    tcp = other.tcp;
    admitted = other.admitted;
    draining = other.draining;
    proxies = other.proxies;
    limits = other.limits;
  }

  Listener listener() {
    Listener chosen = listener;
    if (chosen != null) {
      return chosen;
    }
    TcpServer server = TcpServer.create().host(host).port(port);
    SocketAddress address = bindAddress;
    return new NettyListener(
        (address == null ? server : server.bindAddress(() -> address))
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childOption(ChannelOption.SO_KEEPALIVE, true),
        tcp);
  }

  /** The address to listen on, for people. */
  String where() {
    SocketAddress address = bindAddress;
    return address == null ? AddressText.of(host, port) : AddressText.of(address);
  }
}
