package io.fluxwire.spring;

import io.fluxwire.NodeId;
import io.fluxwire.dial.PeerAddress;
import io.fluxwire.dial.ReconnectSpec;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.SocksProxy;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A client, of properties.
 *
 * @param name its name in {@code fluxwire.clients}
 * @param from what is set for it
 */
record ClientSettings(String name, FluxwireProperties.Client from) {

  private static final String EXPECT =
      "Set it to the peer's node id, 66 hex digits, or to '%s' to talk to whoever answers."
          .formatted(FluxwireProperties.ANYONE);

  private String prefix() {
    return "fluxwire.clients." + name + ".";
  }

  <P> PeerClient<P> apply(FluxwireProperties.Upgrade upgrade, PeerClient<P> to) {
    NodeId peer = expected();
    PeerClient<P> client =
        new Settings<>(prefix(), remotes(to.dial(spec -> spec.name(name))))
            .set("connect-timeout", from.connectTimeout(), PeerClient::connectTimeout)
            .built();
    SocksProxy proxy = proxy();
    if (proxy != null) {
      client = client.proxy(proxy);
    }
    return (peer == null ? client : client.expect(peer))
        .timeouts(
            timeouts -> SessionSettings.timeouts(prefix() + "timeouts.", from.timeouts(), timeouts))
        .reconnect(this::reconnect)
        .upgrade(SessionSettings.upgrade(upgrade));
  }

  /** By whom it dials; null for nobody. */
  private @Nullable SocksProxy proxy() {
    FluxwireProperties.Proxy set = from.proxy();
    String prefix = prefix() + "proxy.";
    String user = set.user();
    String password = set.password();
    String address = set.address();
    if ((user == null) != (password == null) || (address == null && user != null)) {
      throw new FluxwireConfigurationException(
          prefix + (address == null ? "address" : user == null ? "user" : "password"),
          "it is not set, and the others of the proxy are",
          "Set the proxy's address, and both user and password, or neither of these two.",
          null);
    }
    if (address == null) {
      return null;
    }
    SocksProxy proxy =
        Settings.read(
            prefix + "address", address, ClientSettings::socksProxy, "Set it to HOST:PORT.");
    return user == null || password == null
        ? proxy
        : Settings.read(prefix + "user", user, name -> proxy.credentials(name, password));
  }

  private static SocksProxy socksProxy(String text) {
    PeerAddress address = PeerAddress.parse(text.strip());
    if (address.id() != null) {
      throw new IllegalArgumentException("a proxy has no node id");
    }
    return SocksProxy.of(address.host(), address.port());
  }

  private <P> PeerClient<P> remotes(PeerClient<P> to) {
    PeerClient<P> client = to;
    for (PeerAddress remote : addresses()) {
      client = client.remote(remote.socketAddress());
    }
    return client;
  }

  private List<PeerAddress> addresses() {
    List<PeerAddress> addresses = new ArrayList<>();
    List<String> remotes = from.remotes();
    for (int i = 0; i < remotes.size(); i++) {
      String property = prefix() + "remotes[" + i + "]";
      addresses.add(
          Settings.read(
              property,
              remotes.get(i),
              text -> PeerAddress.parse(text.strip()),
              "Set it to HOST:PORT or ID@HOST:PORT."));
    }
    return addresses;
  }

  /** Fails where nobody said where the peer is. */
  void requireRemotes() {
    if (from.remotes().isEmpty()) {
      throw new FluxwireConfigurationException(
          prefix() + "remotes",
          "it is not set where this peer is",
          "Set it to HOST:PORT, or have a PeerClientCustomizer bean add a source of addresses.",
          null);
    }
  }

  /** Who the peer has to be; null for anyone. */
  private @Nullable NodeId expected() {
    String property = prefix() + "expect";
    Set<NodeId> ids = new LinkedHashSet<>();
    addresses().stream().map(PeerAddress::id).filter(Objects::nonNull).forEach(ids::add);
    String expect = from.expect();
    if (expect != null && !expect.equals(FluxwireProperties.ANYONE)) {
      ids.add(Settings.read(property, expect, NodeId::parse, EXPECT));
    }
    if (ids.size() > 1) {
      throw new FluxwireConfigurationException(
          property,
          "a client talks to one node, and its remotes or this name several: " + ids,
          "Have a client for each node.",
          null);
    }
    if (ids.isEmpty() && expect == null) {
      throw new FluxwireConfigurationException(
          property,
          "it is not set who this peer is, so anybody could answer in its place",
          EXPECT,
          null);
    }
    return ids.stream().findFirst().orElse(null);
  }

  /**
   * Who the peer has to be, where it cannot be anyone.
   *
   * @param what says of what the client is one, as in "a member of the group"
   */
  NodeId requirePeer(String what) {
    NodeId peer = expected();
    if (peer == null) {
      throw new FluxwireConfigurationException(
          prefix() + "expect",
          what + " is one node, and not anyone",
          "Set it to the peer's node id.",
          null);
    }
    return peer;
  }

  /** Of two values that one setter takes, each is tried by itself, to name the bad one. */
  ReconnectSpec reconnect(ReconnectSpec to) {
    FluxwireProperties.Reconnect set = from.reconnect();
    return new Settings<>(prefix() + "reconnect.", to)
        .set("min", set.min(), (spec, delay) -> spec.backoff(delay, delay))
        .set("max", set.max(), (spec, delay) -> spec.backoff(set.min(), delay))
        .set("stable-after", set.stableAfter(), ReconnectSpec::stableAfter)
        .built();
  }
}
