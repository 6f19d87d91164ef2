package io.fluxwire.benchmarks.wire;

import io.fluxwire.NodeId;
import io.fluxwire.benchmarks.wire.FluxwireWire.Variant;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** All wires that run here. */
final class Wires {

  static final String FLUXWIRE = "Fluxwire";
  static final String CHANNEL_IN_MEMORY = "Fluxwire channel, memory";
  static final String CHANNEL_ON_DISK = "Fluxwire channel, disk";
  static final String SQLITE = "SQLite alone";

  private Wires() {}

  static List<Wire> all(Identities identities, Congestion congestion) throws IOException {
    List<Wire> all = new ArrayList<>();
    all.add(TcpWire.plain(congestion));
    FluxwireWire upgraded = new FluxwireWire(FLUXWIRE, congestion, identities, Variant.UPGRADED);
    all.add(upgraded);
    all.add(new FluxwireWire("Fluxwire v3", congestion, identities, Variant.V3));
    all.add(TcpWire.tls("TLS, JDK", congestion, Tls.of(SslProvider.JDK, identities)));
    all.add(new RSocketWire("RSocket", congestion, null));
    all.add(upgraded.rsocket("RSocket, Fluxwire"));
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
    all.add(inMemory(identities, congestion));
    return all;
  }

  private static ChannelWire inMemory(Identities identities, Congestion congestion)
      throws IOException {
    return new ChannelWire(CHANNEL_IN_MEMORY, congestion, identities, Stores::inMemory);
  }

  /** What outlives a connection, and what that is to be compared with. */
  static List<OneWay> allThatKeep(Identities identities, Congestion congestion, Scratch scratch)
      throws IOException {
    List<OneWay> all = new ArrayList<>();
    all.add(new FluxwireWire(FLUXWIRE, congestion, identities, Variant.UPGRADED));
    all.add(inMemory(identities, congestion));
    all.add(new ChannelWire(CHANNEL_ON_DISK, congestion, identities, () -> Stores.onDisk(scratch)));
    all.add(new SqliteWire(SQLITE, scratch));
    all.add(RSocketWire.resuming("RSocket, resume", congestion, null));
    if (OpenSsl.isAvailable()) {
      Tls boring = Tls.of(SslProvider.OPENSSL_REFCNT, identities);
      all.add(RSocketWire.resuming("RSocket, BoringSSL, resume", congestion, boring));
    }
    if (RedisProcess.version() != null) {
      NodeId node = identities.serverKey().id();
      all.add(
          new ChannelWire(
              "Fluxwire channel, Redis",
              congestion,
              identities,
              () -> Stores.inRedis(scratch, node)));
      all.add(new RedisStreamsWire("Redis Streams, everysec", scratch, RedisProcess.EVERY_SECOND));
      all.add(new RedisStreamsWire("Redis Streams, always", scratch, RedisProcess.ALWAYS));
    }
    if (NatsWire.version() != null) {
      all.add(new NatsWire("NATS JetStream", scratch));
    }
    return all;
  }

  /** What speaks as Lightning nodes do. */
  static FluxwireWire bolt8(Identities identities, Congestion congestion) throws IOException {
    return new FluxwireWire("Fluxwire, BOLT 8", congestion, identities, Variant.BOLT8);
  }

  /** Also those that differ from another in nothing but how a connection is set up. */
  static List<Wire> allThatMeet(Identities identities, Congestion congestion) throws IOException {
    List<Wire> all = all(identities, congestion);
    all.add(new FluxwireWire("Fluxwire, no KEM", congestion, identities, Variant.WITHOUT_KEM));
    return all;
  }
}
