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

/** What can be set on a {@link PeerClient}. Not changed any more once a client has it. */
final class ClientConfig<P> {

  SessionSpec<P> session;

  /** Where to, each by what resolves it; immutable. */
  List<Function<TcpClient, AddressSource>> sources = List.of();

  /** What the sources are called, for messages and events. */
  String names = "";

  DialSpec dial = DialSpec.of("");

  /** Null passes every address. */
  @Nullable Predicate<? super InetAddress> dialable;

  ReconnectSpec reconnect = ReconnectSpec.create();
  Listeners<PeerConnection<P>> onConnected = Listeners.none("a listener of connections");
  Listeners<PeerConnection<P>> onDisconnected = Listeners.none("a listener of disconnects");
  TcpClient tcp;

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
    connector = other.connector;
  }

  Connector connector() {
    Connector chosen = connector;
    // What was tested is what is dialled: nothing resolves it again.
    return chosen == null
        ? new NettyConnector(tcp.resolver(NoopAddressResolverGroup.INSTANCE))
        : chosen;
  }

  void add(String name, Function<TcpClient, AddressSource> source) {
    sources = Stream.concat(sources.stream(), Stream.of(source)).toList();
    names = names.isEmpty() ? name : names + ", " + name;
  }
}
