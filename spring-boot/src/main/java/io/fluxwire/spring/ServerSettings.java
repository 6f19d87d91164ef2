package io.fluxwire.spring;

import io.fluxwire.access.CidrList;
import io.fluxwire.netty.InboundLimits;
import io.fluxwire.netty.PeerServer;
import java.util.List;

/** A server, of properties. */
final class ServerSettings {

  private static final String LIMITS = "fluxwire.server.limits.";
  private static final String TRUSTED = "fluxwire.server.proxy-protocol.trusted";

  private ServerSettings() {}

  static <P> PeerServer<P> apply(FluxwireProperties from, PeerServer<P> to) {
    FluxwireProperties.Server set = from.server();
    PeerServer<P> server =
        new Settings<>("fluxwire.server.", to).set("port", set.port(), PeerServer::port).built();
    String host = set.host();
    server = behindProxies(set.proxyProtocol().trusted(), server);
    return (host == null ? server : server.host(host))
        .limits(limits -> limits(set.limits(), limits))
        .timeouts(
            timeouts ->
                SessionSettings.timeouts("fluxwire.server.timeouts.", set.timeouts(), timeouts))
        .upgrade(SessionSettings.upgrade(from.upgrade()));
  }

  private static <P> PeerServer<P> behindProxies(List<String> trusted, PeerServer<P> server) {
    if (trusted.isEmpty()) {
      return server;
    }
    CidrList proxies = Settings.read(TRUSTED, trusted, CidrList::of);
    try {
      return server.proxyProtocol(proxies);
    } catch (IllegalStateException e) {
      throw new FluxwireConfigurationException(
          TRUSTED,
          String.valueOf(e.getMessage()),
          "Add io.netty:netty-codec-haproxy to the class path, or remove " + TRUSTED + ".",
          e);
    }
  }

  /** Of two values that one setter takes, each is tried by itself, to name the bad one. */
  static InboundLimits limits(FluxwireProperties.Limits from, InboundLimits to) {
    InboundLimits limits =
        new Settings<>(LIMITS, to)
            .set("connections", from.connections(), InboundLimits::connections)
            .set("per-ipv4-address", from.perIpv4Address(), InboundLimits::perIpv4Address)
            .set("per-ipv6-net56", from.perIpv6Net56(), (some, max) -> some.perIpv6Network(max, 1))
            .set(
                "per-ipv6-net48",
                from.perIpv6Net48(),
                (some, max) -> some.perIpv6Network(from.perIpv6Net56(), max))
            .set("handshakes", from.handshakes(), (some, max) -> some.handshakes(max, 1))
            .set(
                "handshakes-per-address",
                from.handshakesPerAddress(),
                (some, max) -> some.handshakes(from.handshakes(), max))
            .set("bytes", from.bytes(), (some, max) -> some.bytes(max.toBytes()))
            .built();
    return reserved(from, limits);
  }

  private static InboundLimits reserved(FluxwireProperties.Limits from, InboundLimits to) {
    if (from.reserved() == 0 && from.friends().isEmpty()) {
      return to;
    }
    if (from.friends().isEmpty()) {
      throw new FluxwireConfigurationException(
          LIMITS + "reserved",
          "nobody is named for whom connections are reserved",
          "Set " + LIMITS + "friends to networks, such as 10.0.0.0/8.",
          null);
    }
    CidrList friends = Settings.read(LIMITS + "friends", from.friends(), CidrList::of);
    return new Settings<>(LIMITS, to)
        .set("reserved", from.reserved(), (some, slots) -> some.reserve(slots, friends))
        .built();
  }
}
