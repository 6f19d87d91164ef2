package io.fluxwire.page;

import io.fluxwire.internal.AddressText;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.InboundUsage;
import io.fluxwire.page.Snapshot.Limit;
import io.fluxwire.page.Snapshot.Server;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The servers that listen. Thread-safe. */
final class ServerBoard {

  private final PeerBoard names;

  // The rest is guarded by this.
  private final Set<DisposablePeerServer> listening = new LinkedHashSet<>();
  private Phase phase = Phase.ABSENT;

  /** How far the servers of the node are, all in all. */
  enum Phase {
    /** No server is watched. */
    ABSENT,
    /** None has listened yet. */
    STARTING,
    /** At least one listens. */
    LISTENING,
    /** None listens any more; connections may still be open. */
    DRAINING
  }

  ServerBoard(PeerBoard names) {
    this.names = names;
  }

  synchronized void expected() {
    if (phase == Phase.ABSENT) {
      phase = Phase.STARTING;
    }
  }

  synchronized void bound(DisposablePeerServer server) {
    listening.add(server);
    phase = Phase.LISTENING;
  }

  synchronized void unbound(DisposablePeerServer server) {
    listening.remove(server);
    if (listening.isEmpty()) {
      phase = Phase.DRAINING;
    }
  }

  synchronized Phase phase() {
    return phase;
  }

  /** Those that listen, the one that has listened for the longest first. */
  List<Server> servers() {
    return copy().stream().map(this::toServer).toList();
  }

  private synchronized Collection<DisposablePeerServer> copy() {
    return List.copyOf(listening);
  }

  private Server toServer(DisposablePeerServer server) {
    InboundUsage usage = server.usage();
    return new Server(
        AddressText.of(server.address()),
        server.id().toString(),
        names.name(server.id()),
        limit(usage.connections()),
        limit(usage.reserved()),
        limit(usage.handshakes()),
        limit(usage.bytes()));
  }

  private static Limit limit(InboundUsage.Share share) {
    return new Limit(share.used(), share.isLimited() ? share.max() : null);
  }
}
