package io.fluxwire.observe;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.internal.AddressText;
import io.fluxwire.internal.Callbacks;
import java.net.SocketAddress;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.util.context.Context;

/**
 * Is told of the life of one connection, from the start of its handshake on, and logs, counts and
 * traces it. Methods may be called from any thread, in the order of what they tell.
 */
public final class SessionObserver {

  private static final Logger LOG = LoggerFactory.getLogger("io.fluxwire.connections");

  private final String id;
  private final SocketAddress address;
  private final Direction direction;
  private final @Nullable SessionMeters meters;
  private final @Nullable SessionTrace trace;
  private volatile boolean up;
  private boolean unknownTold;

  SessionObserver(
      String id,
      SocketAddress address,
      Direction direction,
      @Nullable SessionMeters meters,
      @Nullable SessionTrace trace) {
    this.id = id;
    this.address = address;
    this.direction = direction;
    this.meters = meters;
    this.trace = trace;
  }

  /**
   * Counts what the connection carries.
   *
   * @return null when nobody wants to know
   */
  public @Nullable Traffic traffic() {
    SessionMeters m = meters;
    return m == null ? null : m.traffic();
  }

  /**
   * Whether the handshake is done.
   *
   * @return true from {@link #up} on
   */
  public boolean isUp() {
    return up;
  }

  /**
   * Puts the session's observation into a Reactor context, as the parent of what is done for it.
   *
   * @param context the context so far
   * @return the context with the observation; the same one while the connection is not up, or
   *     without an observation registry
   */
  public Context within(Context context) {
    SessionTrace t = trace;
    return t == null ? context : t.within(context);
  }

  /** The log's appenders and filters are the application's. */
  private static void log(Runnable logging) {
    Callbacks.run("the log of connections", logging);
  }

  private void tell(Consumer<SessionMeters> counting, Consumer<SessionTrace> tracing) {
    SessionMeters m = meters;
    if (m != null) {
      counting.accept(m);
    }
    SessionTrace t = trace;
    if (t != null) {
      tracing.accept(t);
    }
  }

  /** The handshake starts. */
  public void started() {
    log(
        () ->
            LOG.debug(
                "[{}] {} handshake with {}", id, Values.of(direction), AddressText.of(address)));
    begin(HandshakeStage.EXCHANGE);
  }

  /**
   * A stage of the handshake begins, and the one before it has ended well.
   *
   * @param stage which
   */
  public void begin(HandshakeStage stage) {
    tell(m -> m.begin(stage), t -> t.begin(stage));
  }

  /**
   * The connection is authenticated and authorized.
   *
   * @param peer who it is with
   */
  public void up(NodeId peer) {
    up = true;
    log(
        () ->
            LOG.info(
                "[{}] up: node {} at {}, {}",
                id,
                peer,
                AddressText.of(address),
                Values.of(direction)));
    tell(SessionMeters::up, t -> t.up(peer));
  }

  /**
   * The handshake failed.
   *
   * @param failure why
   */
  public void failed(PeerException failure) {
    log(
        () ->
            LOG.debug(
                "[{}] no connection with {}: {}",
                id,
                AddressText.of(address),
                failure.getMessage()));
    tell(m -> m.failed(failure), t -> t.failed(failure));
  }

  /** Nobody wants the connection any more, which is not up yet. */
  public void cancelled() {
    log(() -> LOG.debug("[{}] handshake with {} cancelled", id, AddressText.of(address)));
    tell(SessionMeters::cancelled, SessionTrace::cancelled);
  }

  /**
   * A packet came that the codec knows nothing of, and was dropped. Called by one thread at a time.
   *
   * @param peer who sent it
   */
  public void unknownPacket(NodeId peer) {
    if (!unknownTold) {
      unknownTold = true;
      log(
          () ->
              LOG.warn(
                  "[{}] node {} sends packets of which this side's codec knows no field: they are"
                      + " dropped. Give this side the codec of the peer's packets with codec(…);"
                      + " without one, a node knows only Fluxwire's own Pkt. Said once for each"
                      + " connection; fluxwire.packets.unknown counts them",
                  id,
                  peer));
    }
    SessionMeters m = meters;
    if (m != null) {
      m.traffic().unknown();
    }
  }

  /**
   * What ends the connection, whether it is up or not, is a fault.
   *
   * @param cause the fault
   */
  public void fault(PeerException cause) {
    SessionMeters m = meters;
    if (m != null && breaksRule(cause.reason())) {
      m.fault(cause.reason());
    }
  }

  /** A peer may end a session whenever it likes: that breaks none. */
  private static boolean breaksRule(Reason reason) {
    return reason.origin() == Reason.Origin.PEER && reason.stage() != Reason.Stage.SESSION;
  }

  /**
   * A connection that was up has ended.
   *
   * @param reason why
   */
  public void down(CloseReason reason) {
    log(() -> LOG.info("[{}] down: {}", id, reason));
    tell(m -> m.down(reason.reason()), t -> t.down(reason));
  }
}
