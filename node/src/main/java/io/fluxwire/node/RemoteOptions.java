package io.fluxwire.node;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.packet.PacketCodec;
import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;

/** What all commands that dial have in common. */
final class RemoteOptions {

  /** Longer than it takes to tell a peer why it is refused. */
  private static final Duration REFUSAL_LIMIT = Duration.ofSeconds(2);

  @Mixin private KeyOptions key;
  @Mixin private UpgradeOptions upgrade;

  @Parameters(
      paramLabel = "HOST:PORT",
      arity = "1..*",
      description = {
        "Where the peer listens; unix:PATH is a Unix socket. All addresses of all places given",
        "race; the first at which the peer proves its id wins. -v tells of each."
      })
  private List<SocketAddress> remotes;

  @Option(
      names = "--expect",
      paramLabel = "ID",
      description = "Who the peer has to be. Default: anyone who proves an id.")
  private @Nullable NodeId expected;

  private final Set<Connection> open = ConcurrentHashMap.newKeySet();

  /**
   * A client of what the options say.
   *
   * @param codec the packets
   * @param keepAlive when to ask whether a silent peer is alive; null for never
   */
  <P> PeerClient<P> client(PacketCodec<P> codec, @Nullable KeepAlive keepAlive) throws IOException {
    // Before the key, so that what cannot be is said whatever the file holds.
    UpgradePolicy policy = upgrade.policy(keepAlive);
    PeerClient<P> client =
        PeerClient.create(key.nodeKey(), codec)
            .upgrade(policy)
            .tcp(tcp -> tcp.doOnConnected(this::opened));
    for (SocketAddress remote : remotes) {
      client = client.remote(remote);
    }
    NodeId pinned = expected;
    return pinned == null ? client : client.expect(pinned);
  }

  /** Checks that a channel has what it needs. */
  void check(ChannelOptions channel) {
    channel.check(key, upgrade, expected == null ? 0 : 1, "--expect ID");
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
