package io.fluxwire.node;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.SocksProxy;
import io.fluxwire.packet.PacketCodec;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;

/** What all commands that dial have in common. */
final class RemoteOptions {

  /** Longer than it takes to tell a peer why it is refused. */
  private static final Duration REFUSAL_LIMIT = Duration.ofSeconds(2);

  @Mixin private KeyOptions key;
  @Mixin private UpgradeOptions upgrade;
  @Mixin private ProxyOptions proxy;
  @Mixin private Bolt8Option bolt8;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Parameters(
      paramLabel = "HOST:PORT",
      arity = "1..*",
      description =
          "Where the peer listens; unix:PATH is a Unix socket, and ID@HOST:PORT says who it "
              + "has to be, as --expect does. If more than one place is "
              + "given, or a name has more than one address, all addresses are tried and the "
              + "first at which the peer proves its id is taken. -v tells of each.")
  private List<Remote> remotes;

  @Option(
      names = "--expect",
      paramLabel = "ID",
      description =
          "The node id that the peer has to prove. Default: any id will do, but with --bolt8, "
              + "which begins with it.")
  private @Nullable NodeId expected;

  private final Set<Connection> open = ConcurrentHashMap.newKeySet();

  /**
   * A client of what the options say.
   *
   * @throws ParameterException when they contradict each other
   * @param codec the packets
   * @param keepAlive when to ask whether a silent peer is alive; null for never
   */
  <P> PeerClient<P> client(PacketCodec<P> codec, @Nullable KeepAlive keepAlive) throws IOException {
    // Before the key, so that what cannot be is said whatever the file holds.
    UpgradePolicy policy = upgrade.policy(keepAlive);
    NodeId pinned = peer();
    checkBolt8(pinned, keepAlive);
    SocksProxy by = proxy.proxy();
    PeerClient<P> client =
        PeerClient.create(key.nodeKey(), codec)
            .dialect(bolt8.dialect())
            .upgrade(policy)
            .tcp(tcp -> tcp.doOnConnected(this::opened));
    if (by != null) {
      client = client.proxy(by);
    }
    for (Remote remote : remotes) {
      client = client.remote(remote.address());
    }
    return pinned == null ? client : client.expect(pinned);
  }

  /** Checks that a channel has what it needs. */
  void check(ChannelOptions channel) {
    bolt8.checkWithout(channel.isGiven(), "--channel");
    channel.check(key, upgrade, peer() == null ? 0 : 1, "--expect ID");
  }

  Bolt8Option bolt8() {
    return bolt8;
  }

  /** Who has to be there, which is one node, in however many places it is said. */
  private @Nullable NodeId peer() {
    Set<NodeId> named = new LinkedHashSet<>();
    remotes.stream().map(Remote::id).filter(Objects::nonNull).forEach(named::add);
    if (expected != null) {
      named.add(expected);
    }
    if (named.size() > 1) {
      throw wrong("all places are tried for one node: give one ID, not " + named.size());
    }
    return named.stream().findFirst().orElse(null);
  }

  private void checkBolt8(@Nullable NodeId peer, @Nullable KeepAlive keepAlive) {
    bolt8.check(upgrade);
    bolt8.checkWithout(keepAlive != null, "--keep-alive");
    bolt8.checkHasPeer(peer != null, "write ID@HOST:PORT, or add --expect ID");
  }

  private ParameterException wrong(String what) {
    return new ParameterException(spec.commandLine(), what);
  }

  private void opened(Connection connection) {
    open.add(connection);
    connection.onDispose(() -> open.remove(connection));
  }

  /** Ends a connection, unless it ends already: its peer may be hearing why. */
  static void dispose(PeerConnection<?> peer) {
    if (!peer.isDisposed()) {
      peer.dispose();
    }
  }

  /**
   * Completes when each connection is closed, or after {@link #REFUSAL_LIMIT}. A peer that is
   * refused is told why after the dial has failed: if the process ended at once, it never would be.
   */
  Mono<Void> allClosed() {
    return Flux.fromIterable(open)
        .flatMap(connection -> connection.onDispose().onErrorComplete())
        .then()
        .timeout(REFUSAL_LIMIT, Mono.empty());
  }
}
