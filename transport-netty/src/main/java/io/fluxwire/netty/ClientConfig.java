package io.fluxwire.netty;

import io.fluxwire.PeerConnection;
import io.fluxwire.dial.AddressSource;
import io.fluxwire.dial.DialSpec;
import io.fluxwire.dial.ReconnectSpec;
import io.fluxwire.internal.Listeners;
import io.fluxwire.netty.internal.NettyConnector;
import io.fluxwire.session.SessionSpec;
import io.fluxwire.transport.Connector;
import io.netty.resolver.NoopAddressResolverGroup;
import java.net.InetAddress;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.netty.tcp.TcpClient;

/** The settings of a {@link PeerClient}. They do not change once a client has them. */
final class ClientConfig<P> {

  SessionSpec<P> session;

  /**
   * The sources of the peer's addresses, each as a function of the TCP client that resolves names;
   * immutable.
   */
  List<Function<TcpClient, AddressSource>> sources = List.of();

  /** The names of the sources, for messages and events. */
  String names = "";

  DialSpec dial = DialSpec.of("");

  /** Null passes every address. */
  @Nullable Predicate<? super InetAddress> dialable;

  ReconnectSpec reconnect = ReconnectSpec.create();
  Listeners<PeerConnection<P>> onConnected = Listeners.none("a listener of connections");
  Listeners<PeerConnection<P>> onDisconnected = Listeners.none("a listener of disconnects");
  TcpClient tcp;

  /** Null dials directly. */
  @Nullable SocksProxy proxy;

  /** Null connects by sockets. */
  @Nullable Connector connector;

  ClientConfig(SessionSpec<P> session, TcpClient tcp) {
    this.session = session;
    this.tcp = tcp;
  }

  ClientConfig(ClientConfig<P> other) {
    session = other.session;
    sources = other.sources;
    names = other.names;
    dial = other.dial;
    dialable = other.dialable;
    reconnect = other.reconnect;
    onConnected = other.onConnected;
    onDisconnected = other.onDisconnected;
    tcp = other.tcp;
    proxy = other.proxy;
    connector = other.connector;
  }

  Connector connector(Names dns) {
    Connector chosen = connector;
    if (chosen != null) {
      return chosen;
    }
    // The address that was tested is the address that is dialled: nothing resolves it again.
    Connector direct = new NettyConnector(tcp.resolver(NoopAddressResolverGroup.INSTANCE));
    SocksProxy by = proxy;
    return by == null ? direct : new SocksConnector(tcp, by, dns, direct);
  }

  /** The client that resolves the peer's names: with a proxy they stay as they are. */
  TcpClient resolving() {
    return proxy == null ? tcp : tcp.resolver(NoopAddressResolverGroup.INSTANCE);
  }

  void add(String name, Function<TcpClient, AddressSource> source) {
    sources = Stream.concat(sources.stream(), Stream.of(source)).toList();
    names = names.isEmpty() ? name : names + ", " + name;
  }
}
