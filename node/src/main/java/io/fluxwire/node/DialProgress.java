package io.fluxwire.node;

import io.fluxwire.dial.DialEvent;
import io.fluxwire.handshake.Dialect;
import io.fluxwire.internal.AddressText;
import io.fluxwire.observe.HandshakeStage;
import io.fluxwire.observe.SessionInfo;
import io.fluxwire.observe.SessionListener;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * What a dial waits for. Whoever sets a limit to all of it can say so: the stages' own errors come
 * only when their own limits are over.
 */
final class DialProgress implements Consumer<DialEvent>, SessionListener {

  private final Map<String, Long> started = new ConcurrentHashMap<>();
  private final Dialect dialect;
  private volatile String awaited = "the name to resolve";
  private volatile boolean connected;
  private volatile Duration handshake = Duration.ZERO;

  /**
   * Of a dial that has not begun.
   *
   * @param dialect what is spoken
   */
  DialProgress(Dialect dialect) {
    this.dialect = dialect;
  }

  @Override
  public void accept(DialEvent event) {
    if (event instanceof DialEvent.AttemptStarted attempt) {
      String address = AddressText.of(attempt.address());
      awaited =
          attempt.address() instanceof InetSocketAddress
              ? "TCP to connect to " + address
              : address + " to connect";
    }
  }

  @Override
  public void onHandshakeStarted(SessionInfo session) {
    started.put(session.id(), System.nanoTime());
  }

  @Override
  public void onHandshakeStage(SessionInfo session, HandshakeStage stage) {
    if (stage == HandshakeStage.AUTHENTICATE) {
      awaited = "the peer's authenticate";
    } else {
      awaited = dialect == Dialect.BOLT8 ? "the peer's act two" : "the peer's session key";
    }
  }

  @Override
  public void onEstablished(SessionInfo session) {
    Long begun = started.get(session.id());
    if (begun != null) {
      handshake = Duration.ofNanos(System.nanoTime() - begun);
    }
  }

  /** How long the handshake took that succeeded, from the moment that TCP was connected. */
  Duration handshake() {
    return handshake;
  }

  /** The peer is there, and has to say something now. */
  void awaits(String what) {
    awaited = what;
    connected = true;
  }

  /** Whether the peer is there, and it is for it to say something. */
  boolean isConnected() {
    return connected;
  }

  @Override
  public String toString() {
    return awaited;
  }
}
