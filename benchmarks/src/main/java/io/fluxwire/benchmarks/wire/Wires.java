package io.fluxwire.benchmarks.wire;

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
    all.add(new FluxwireWire("Fluxwire", congestion, identities));
    all.add(TcpWire.tls("TLS, JDK", congestion, Tls.of(SslProvider.JDK, identities)));
    all.add(new RSocketWire("RSocket", congestion, null));
    if (OpenSsl.isAvailable()) {
      Tls boring = Tls.of(SslProvider.OPENSSL_REFCNT, identities);
      all.add(TcpWire.tls("TLS, BoringSSL", congestion, boring));
      all.add(new RSocketWire("RSocket, BoringSSL", congestion, boring));
    }
    return all;
  }
}
