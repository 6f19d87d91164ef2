package io.fluxwire.observe;

import io.fluxwire.CloseReason;
import io.fluxwire.PeerException;
import io.fluxwire.SessionParameters;
import io.fluxwire.internal.AddressText;
import io.fluxwire.internal.Callbacks;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes the lives of connections to the log. */
final class LogListener implements SessionListener {

  static final LogListener INSTANCE = new LogListener();

  private static final Logger LOG = LoggerFactory.getLogger("io.fluxwire.connections");

  private LogListener() {}

  /** The log's appenders and filters are the application's. */
  private static void log(Runnable logging) {
    Callbacks.run("the log of connections", logging);
  }

  @Override
  public void onHandshakeStarted(SessionInfo session) {
    log(
        () ->
            LOG.debug(
                "[{}] {} handshake with {}",
                session.id(),
                Values.of(session.direction()),
                AddressText.of(session.remoteAddress())));
  }

  @Override
  public void onEstablished(SessionInfo session) {
    log(
        () ->
            LOG.info(
                "[{}] up: node {} at {}, {}{}",
                session.id(),
                session.remoteId(),
                AddressText.of(session.remoteAddress()),
                Values.of(session.direction()),
                upgrade(session)));
  }

  /** What an upgraded session negotiated; version 3 has nothing to say. */
  private static String upgrade(SessionInfo session) {
    SessionParameters negotiated = Values.negotiated(session);
    return negotiated.protocol() == SessionParameters.Protocol.V3 ? "" : ", " + negotiated;
  }

  @Override
  public void onHandshakeFailed(SessionInfo session, PeerException failure) {
    log(
        () ->
            LOG.debug(
                "[{}] no connection with {}: {}",
                session.id(),
                AddressText.of(session.remoteAddress()),
                failure.getMessage()));
  }

  @Override
  public void onHandshakeCancelled(SessionInfo session) {
    log(
        () ->
            LOG.debug(
                "[{}] handshake with {} cancelled",
                session.id(),
                AddressText.of(session.remoteAddress())));
  }

  @Override
  public void onUnknownPackets(SessionInfo session) {
    log(
        () ->
            LOG.warn(
                "[{}] node {} sends packets of which this side's codec knows no field: they are"
                    + " dropped. Give this side the codec of the peer's packets with codec(…);"
                    + " without one, a node knows only Fluxwire's own Pkt. Said once for each"
                    + " connection; fluxwire.packets.unknown counts them",
                session.id(),
                session.remoteId()));
  }

  @Override
  public void onClosed(SessionInfo session, CloseReason reason) {
    log(() -> LOG.info("[{}] down: {}", session.id(), reason));
  }
}
