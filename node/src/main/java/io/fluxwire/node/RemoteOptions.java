package io.fluxwire.node;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
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

  /** Longer than a peer may take to hear why it is refused. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(2);

  @Mixin private KeyOptions key;

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

  <P> PeerClient<P> client(PacketCodec<P> codec) throws IOException {
    PeerClient<P> client =
        PeerClient.create(key.nodeKey(), codec).tcp(tcp -> tcp.doOnConnected(this::opened));
    for (SocketAddress remote : remotes) {
      client = client.remote(remote);
    }
    NodeId pinned = expected;
    return pinned == null ? client : client.expect(pinned);
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
   * Completes when each connection is closed. A peer that is refused is told why after the dial has
   * failed, and a process that ends takes those words along.
   */
  Mono<Void> allClosed() {
    return Flux.fromIterable(open)
        .flatMap(connection -> connection.onDispose().onErrorComplete())
        .then()
        .timeout(LAST_WORDS, Mono.empty());
  }
}
