package io.fluxwire.node;

import io.fluxwire.dial.DialEvent;
import io.fluxwire.internal.AddressText;
import io.fluxwire.observe.HandshakeStage;
import io.fluxwire.observe.SessionInfo;
import io.fluxwire.observe.SessionListener;
import java.net.InetSocketAddress;
import java.util.function.Consumer;

/**
 * What a dial waits for. Whoever sets a limit to all of it can say so: the stages' own errors come
 * only when their own limits are over.
 */
final class DialProgress implements Consumer<DialEvent>, SessionListener {

  private volatile String awaited = "the name to resolve";

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
  public void onHandshakeStage(SessionInfo session, HandshakeStage stage) {
    awaited =
        stage == HandshakeStage.AUTHENTICATE ? "the peer's authenticate" : "the peer's session key";
  }

  /** The peer is there, and has to say something now. */
  void awaits(String what) {
    awaited = what;
  }

  @Override
  public String toString() {
    return awaited;
  }
}
