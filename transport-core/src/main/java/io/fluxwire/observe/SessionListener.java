package io.fluxwire.observe;

import io.fluxwire.CloseReason;
import io.fluxwire.PeerException;
import reactor.util.context.Context;

/**
 * Is told of the lives of connections, inbound and outbound. All methods do nothing by default, and
 * later versions may add some.
 *
 * <p>Of each connection it is told {@link #onHandshakeStarted}, then of the stages, and then one of
 * {@link #onEstablished}, {@link #onHandshakeFailed} and {@link #onHandshakeCancelled}; after the
 * first of these, in the end, {@link #onClosed}. These come in this order, one at a time, but that
 * a stage may start just as its handshake is given up by another thread; {@link #onFault} and
 * {@link #onUnknownPackets} may come at the same time as others. Calls for different connections
 * do.
 *
 * <p>It is called on the connection's event loop, on threads that compute for a handshake, or on
 * the application's own, and must not block. Whatever it throws is logged by {@code
 * io.fluxwire.callbacks} and changes nothing for the connection or for other listeners. It is told
 * after logs, meters and traces, and before the subscribers of the connection's own publishers.
 */
public interface SessionListener {

  /** Does nothing. */
  SessionListener NONE = new SessionListener() {};

  /**
   * A handshake starts: the transport is connected, and the peer has proven nothing.
   *
   * @param session the connection
   */
  default void onHandshakeStarted(SessionInfo session) {}

  /**
   * A stage of the handshake starts; the one before it, if there was one, has ended well.
   *
   * @param session the connection
   * @param stage which
   */
  default void onHandshakeStage(SessionInfo session, HandshakeStage stage) {}

  /**
   * The peer is authenticated and authorized, and the connection is about to be handed to the
   * application.
   *
   * @param session the connection, with {@link SessionInfo#remoteId} and {@link
   *     SessionInfo#session} from now on
   */
  default void onEstablished(SessionInfo session) {}

  /**
   * The handshake failed, or the authorizer refused the peer.
   *
   * @param session the connection, which is closed as soon as the peer has been told, if it is
   * @param failure why
   */
  default void onHandshakeFailed(SessionInfo session, PeerException failure) {}

  /**
   * The handshake ended because nobody wants its connection any more: another address was faster,
   * or the application cancelled.
   *
   * @param session the connection
   */
  default void onHandshakeCancelled(SessionInfo session) {}

  /**
   * For the first time on this connection, a packet came that the codec knows no field of; it was
   * dropped. {@link TrafficListener#onUnknownPacket} is told of each.
   *
   * @param session the connection
   */
  default void onUnknownPackets(SessionInfo session) {}

  /**
   * A fault was seen, and ends the connection or its handshake: at once, while {@link #onClosed}
   * may have to wait until the peer has been told.
   *
   * @param session the connection
   * @param fault what went wrong; {@link io.fluxwire.Reason#origin} says whose fault it is
   */
  default void onFault(SessionInfo session, PeerException fault) {}

  /**
   * A connection that was established is closed in both directions.
   *
   * @param session the connection
   * @param reason why
   */
  default void onClosed(SessionInfo session, CloseReason reason) {}

  /**
   * Asks who is told of each packet and of the bytes of a connection. Called once for each
   * connection, before its handshake starts.
   *
   * @param session the connection
   * @return the listener; {@link TrafficListener#NONE}, the default, if nobody is, and then nothing
   *     is counted
   */
  default TrafficListener traffic(SessionInfo session) {
    return TrafficListener.NONE;
  }

  /**
   * Adds to the Reactor context of what a server's handler does for a connection. Called for each
   * established connection that a server hands to its handler.
   *
   * @param session the connection
   * @param context the context so far
   * @return the context to use; by default the one so far
   */
  default Context handlerContext(SessionInfo session, Context context) {
    return context;
  }
}
