package io.fluxwire.spring;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.PeerException;
import io.fluxwire.dial.DialEvent;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.observe.SessionInfo;
import io.fluxwire.observe.SessionListener;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Clock;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What the endpoint tells of connections: those that are there, as many as the limits let in, and
 * what happened last.
 */
final class FluxwireSessions implements SessionListener, Instrumentation {

  private final Clock clock = Clock.systemUTC();
  private final Map<SessionInfo, Instant> established = new ConcurrentHashMap<>();
  private final Recent<End> ends = new Recent<>();
  private final Recent<DialNote> dials = new Recent<>();

  /**
   * A connection.
   *
   * @param connection what logs call it
   * @param node who the peer is
   * @param address where
   * @param direction which side dialled
   * @param session what it negotiated
   * @param since when the peer was let in
   */
  record Peer(
      String connection,
      String node,
      String address,
      String direction,
      String session,
      Instant since) {}

  /**
   * The end of a connection, or of a handshake.
   *
   * @param at when
   * @param node who the peer was; null if it has not proven that
   * @param address where
   * @param direction which side dialled
   * @param reason why, for machines
   * @param text why, for people
   */
  record End(
      Instant at,
      @Nullable String node,
      String address,
      String direction,
      String reason,
      String text) {}

  /**
   * Something that happened to a client's dials.
   *
   * @param at when
   * @param client its name
   * @param text what
   */
  record DialNote(Instant at, String client, String text) {}

  @Override
  public <P> PeerServer<P> server(PeerServer<P> server) {
    return server.observe(this);
  }

  @Override
  public <P> PeerClient<P> client(PeerClient<P> client) {
    return client.observe(this).doOnDial(this::dialled);
  }

  private void dialled(DialEvent event) {
    boolean attempt =
        event instanceof DialEvent.Resolved
            || event instanceof DialEvent.AttemptStarted
            || event instanceof DialEvent.AttemptFailed;
    // A round that fails tells of its attempts, and one that is won needs none.
    if (!attempt) {
      dials.add(new DialNote(clock.instant(), event.name(), event.toString()));
    }
  }

  @Override
  public void onEstablished(SessionInfo session) {
    established.put(session, clock.instant());
  }

  @Override
  public void onHandshakeFailed(SessionInfo session, PeerException failure) {
    ended(session, CloseReason.of(failure));
  }

  @Override
  public void onClosed(SessionInfo session, CloseReason reason) {
    established.remove(session);
    ended(session, reason);
  }

  private void ended(SessionInfo session, CloseReason reason) {
    ends.add(
        new End(
            clock.instant(),
            text(session.remoteId()),
            address(session.remoteAddress()),
            direction(session),
            reason.reason().name(),
            reason.toString()));
  }

  List<Peer> peers() {
    return established.entrySet().stream()
        .map(entry -> peer(entry.getKey(), entry.getValue()))
        .sorted(Comparator.comparing(Peer::since))
        .toList();
  }

  private static Peer peer(SessionInfo session, Instant since) {
    return new Peer(
        session.id(),
        String.valueOf(session.remoteId()),
        address(session.remoteAddress()),
        direction(session),
        String.valueOf(session.session()),
        since);
  }

  List<End> ends() {
    return ends.list();
  }

  List<DialNote> dials() {
    return dials.list();
  }

  private static @Nullable String text(@Nullable NodeId id) {
    return id == null ? null : id.toString();
  }

  private static String direction(SessionInfo session) {
    return session.direction().toString().toLowerCase(Locale.ROOT);
  }

  static String address(SocketAddress address) {
    return address instanceof InetSocketAddress inet
        ? NetUtil.toSocketAddressString(inet)
        : address.toString();
  }
}
