package chat;

import io.fluxwire.PeerConnection;
import io.fluxwire.SessionParameters;
import io.fluxwire.SessionParameters.Protocol;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.handshake.UpgradePolicy.Mode;
import io.fluxwire.netty.PeerClient;

/** What the tutorial's nodes negotiate, and insist on. */
final class Upgraded {

  private Upgraded() {}

  static String negotiated(PeerConnection<?> peer) {
    SessionParameters session = peer.session();
    return session.protocol() == Protocol.UPGRADED
        ? session.aead() + (session.isPostQuantum() ? ", post-quantum" : "")
        : "version 3";
  }

  static <P> PeerClient<P> insisting(PeerClient<P> client) {
    return client.upgrade(UpgradePolicy.required().postQuantum(Mode.REQUIRED));
  }
}
