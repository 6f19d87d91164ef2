package io.fluxwire.handshake;

import io.fluxwire.NodeId;
import io.fluxwire.SessionParameters;
import io.fluxwire.record.RecordOpener;
import io.fluxwire.record.RecordSealer;

/**
 * What a handshake gives.
 *
 * @param peer who the peer is, proven
 * @param opener opens what it sends from now on
 * @param sealer seals what is sent to it from now on
 * @param parameters what was negotiated
 */
public record Secured(
    NodeId peer, RecordOpener opener, RecordSealer sealer, SessionParameters parameters) {

  /** Destroys the keys of both directions; for whoever does not use them. */
  public void destroy() {
    opener.destroy();
    sealer.destroy();
  }
}
