package io.fluxwire.node;

import io.fluxwire.PeerConnection;
import io.fluxwire.SessionParameters;

/** What a session negotiated, for a line that tells of its connection. */
final class Negotiated {

  private Negotiated() {}

  /**
   * As " (upgraded, AES-128-GCM, post-quantum)": behind all else, so that what reads the lines by
   * their words finds them where they are for a session of version 3, of which nothing is said.
   */
  static String suffix(PeerConnection<?> peer) {
    SessionParameters session = peer.session();
    return session.protocol() == SessionParameters.Protocol.V3 ? "" : " (" + session + ")";
  }
}
