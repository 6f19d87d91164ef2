package io.fluxwire.netty;

import io.fluxwire.PeerConnection;
import io.fluxwire.internal.Listeners;
import io.fluxwire.session.SessionSpec;
import java.net.InetAddress;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.netty.tcp.TcpServer;

/** What can be set on a {@link PeerServer}. Not changed any more once a server has it. */
final class ServerConfig<P> {

  SessionSpec<P> session;
  String host = "0.0.0.0";
  int port;
  Function<? super PeerConnection<P>, ? extends Publisher<Void>> handler =
      peer -> peer.receive().then();
  Listeners<HandshakeFailure> onHandshakeFailure =
      Listeners.none("a listener of handshakes that failed");
  Listeners<PeerConnection<P>> onConnection = Listeners.none("a listener of connections");
  Listeners<DisposablePeerServer> onBound = Listeners.none("a listener of starts of a server");
  Listeners<DisposablePeerServer> onUnbound = Listeners.none("a listener of ends of a server");
  UnaryOperator<TcpServer> tcp = UnaryOperator.identity();

  /** Null admits everyone. */
  @Nullable Predicate<? super InetAddress> admitted;

  InboundLimits limits = InboundLimits.create();

  ServerConfig(SessionSpec<P> session) {
    this.session = session;
  }

  ServerConfig(ServerConfig<P> other) {
    session = other.session;
    host = other.host;
    port = other.port;
    handler = other.handler;
    onHandshakeFailure = other.onHandshakeFailure;
    onConnection = other.onConnection;
    onBound = other.onBound;
    onUnbound = other.onUnbound;
    tcp = other.tcp;
    admitted = other.admitted;
    limits = other.limits;
  }
}
