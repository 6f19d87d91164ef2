package io.fluxwire.docs;

import io.fluxwire.NodeId;
import io.fluxwire.access.AccessList;
import io.fluxwire.access.BanList;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerServer;
import java.time.Duration;
import reactor.core.publisher.Mono;

/** The page on bans. */
final class Bans {

  private Bans() {}

  static DisposablePeerServer listen(NodeKey key, BanList bans, AccessList access) {
    return PeerServer.create()
        .nodeKey(key)
        .admit(bans.addresses())
        .authorize(bans.authorizer(access))
        .timeouts(timeouts -> timeouts.authorizer(Duration.ofSeconds(2)))
        .bindNow();
  }

  static Mono<Integer> throwOut(DisposablePeerServer server, BanList bans, NodeId peer) {
    bans.ban(peer, Duration.ofHours(1));
    return server.disconnect(bans::isBanned);
  }
}
