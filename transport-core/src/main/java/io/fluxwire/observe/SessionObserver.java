package io.fluxwire.observe;

import io.fluxwire.AuthenticationException;
import io.fluxwire.CloseReason;
import io.fluxwire.FrameIntegrityException;
import io.fluxwire.HandshakeException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerException;
import io.fluxwire.ProtocolException;
import io.fluxwire.Reason;
import io.fluxwire.internal.AddressText;
import java.net.SocketAddress;
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

  /** The handshake starts. */
  public void started() {
    LOG.debug("[{}] {} handshake with {}", id, Values.of(direction), AddressText.of(address));
    begin(HandshakeStage.EXCHANGE);
  }

  /**
   * A stage of the handshake begins, and the one before it has ended well.
   *
   * @param stage which
   */
  public void begin(HandshakeStage stage) {
    SessionMeters m = meters;
    if (m != null) {
      m.begin(stage);
    }
    SessionTrace t = trace;
    if (t != null) {
      t.begin(stage);
    }
  }

  /**
   * The connection is authenticated and authorized.
   *
   * @param peer who it is with
   */
  public void up(NodeId peer) {
    up = true;
    LOG.info("[{}] up: node {} at {}, {}", id, peer, AddressText.of(address), Values.of(direction));
    SessionMeters m = meters;
    if (m != null) {
      m.up();
    }
    SessionTrace t = trace;
    if (t != null) {
      t.up(peer);
    }
  }

  /**
   * The handshake failed.
   *
   * @param failure why
   */
  public void failed(PeerException failure) {
    LOG.debug("[{}] no connection with {}: {}", id, AddressText.of(address), failure.getMessage());
    SessionMeters m = meters;
    if (m != null) {
      m.failed(failure);
    }
    SessionTrace t = trace;
    if (t != null) {
      t.failed(failure);
    }
  }

  /** Nobody wants the connection any more, which is not up yet. */
  public void cancelled() {
    LOG.debug("[{}] handshake with {} cancelled", id, AddressText.of(address));
    SessionMeters m = meters;
    if (m != null) {
      m.cancelled();
    }
    SessionTrace t = trace;
    if (t != null) {
      t.cancelled();
    }
  }

  /**
   * A packet came that the codec knows nothing of, and was dropped. Called by one thread at a time.
   *
   * @param peer who sent it
   */
  public void unknownPacket(NodeId peer) {
    if (!unknownTold) {
      unknownTold = true;
      LOG.warn(
          "[{}] node {} sends packets of which this side's codec knows no field: they are dropped."
              + " Give this side the codec of the peer's packets with codec(…); without one, a node"
              + " knows only Fluxwire's own Pkt. Said once for each connection;"
              + " fluxwire.packets.unknown counts them",
          id,
          peer);
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
    if (m != null && breaksRule(cause)) {
      m.fault(cause.reason());
    }
  }

  private static boolean breaksRule(PeerException cause) {
    return cause instanceof FrameIntegrityException
        || cause instanceof ProtocolException
        || cause instanceof HandshakeException
        || (cause instanceof AuthenticationException && cause.reason() != Reason.NOT_AUTHORIZED);
  }

  /**
   * A connection that was up has ended.
   *
   * @param reason why
   */
  public void down(CloseReason reason) {
    LOG.info("[{}] down: {}", id, reason);
    SessionMeters m = meters;
    if (m != null) {
      m.down(reason.reason());
    }
    SessionTrace t = trace;
    if (t != null) {
      t.down(reason);
    }
  }
}
