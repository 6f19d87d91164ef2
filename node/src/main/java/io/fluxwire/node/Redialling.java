package io.fluxwire.node;

import io.fluxwire.DialException;
import io.fluxwire.dial.DialEvent;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * What a person is told while a command dials until it gets through, and the end of it when there
 * is nothing left to say to the peer.
 */
final class Redialling {

  private enum State {
    DIALLING,
    /** Nobody was there at least once, which has been told. */
    FAILING,
    CONNECTED
  }

  private final Consumer<Event> tell;
  private final BooleanSupplier nothingLeft;
  private final Sinks.Empty<Void> inVain = Sinks.empty();
  private State state = State.DIALLING;
  private @Nullable DialException latest;

  /**
   * Begins without a connection.
   *
   * @param tell takes each event
   * @param nothingLeft whether there is nothing to send, and there will be nothing
   */
  Redialling(Consumer<Event> tell, BooleanSupplier nothingLeft) {
    this.tell = tell;
    this.nothingLeft = nothingLeft;
  }

  /** Errors with the latest failure when nobody is there and there is nothing to send. */
  Mono<Void> inVain() {
    return inVain.asMono();
  }

  synchronized void heard(DialEvent event) {
    if (event instanceof DialEvent.RoundFailed failed && state != State.CONNECTED) {
      latest = failed.cause();
      endInVain();
      if (state == State.DIALLING && !nothingLeft.getAsBoolean()) {
        tell.accept(Event.Redialing.after(failed.cause()));
      }
      state = State.FAILING;
    }
  }

  synchronized void connected() {
    state = State.CONNECTED;
  }

  synchronized void disconnected() {
    state = State.DIALLING;
    latest = null;
  }

  /** The input has ended, which may have been all that was waited for. */
  synchronized void inputEnded() {
    endInVain();
  }

  private void endInVain() {
    DialException failure = latest;
    if (state != State.CONNECTED && failure != null && nothingLeft.getAsBoolean()) {
      inVain.tryEmitError(failure);
    }
  }
}
