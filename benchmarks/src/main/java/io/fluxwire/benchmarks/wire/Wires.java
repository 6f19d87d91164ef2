package io.fluxwire.benchmarks.wire;

import io.fluxwire.benchmarks.wire.FluxwireWire.Variant;
import io.fluxwire.channel.MemoryChannelStore;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** All wires that run here. */
final class Wires {

  private Wires() {}

  static List<Wire> all(Identities identities, Congestion congestion) throws IOException {
    List<Wire> all = new ArrayList<>();
    all.add(TcpWire.plain(congestion));
    all.add(new FluxwireWire("Fluxwire", congestion, identities, Variant.UPGRADED));
    all.add(new FluxwireWire("Fluxwire v3", congestion, identities, Variant.V3));
    all.add(TcpWire.tls("TLS, JDK", congestion, Tls.of(SslProvider.JDK, identities)));
    all.add(new RSocketWire("RSocket", congestion, null));
    if (OpenSsl.isAvailable()) {
      Tls boring = Tls.of(SslProvider.OPENSSL_REFCNT, identities);
      all.add(TcpWire.tls("TLS, BoringSSL", congestion, boring));
      all.add(new RSocketWire("RSocket, BoringSSL", congestion, boring));
    }
    return all;
  }

  /** Also those that keep what they move until it is acknowledged. */
  static List<Wire> allThatMove(Identities identities, Congestion congestion) throws IOException {
    List<Wire> all = all(identities, congestion);
    all.add(
        new ChannelWire(
            "Fluxwire channel, memory", congestion, identities, MemoryChannelStore::create));
    return all;
  }

  /** Also those that differ from another in nothing but how a connection is set up. */
  static List<Wire> allThatMeet(Identities identities, Congestion congestion) throws IOException {
    List<Wire> all = all(identities, congestion);
    all.add(new FluxwireWire("Fluxwire, no KEM", congestion, identities, Variant.WITHOUT_KEM));
    return all;
  }
}
