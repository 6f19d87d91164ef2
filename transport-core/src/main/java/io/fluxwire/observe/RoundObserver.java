package io.fluxwire.observe;

import io.fluxwire.NodeId;
import io.fluxwire.PeerException;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;

/** Is told of one round of dialing, one thing at a time, and counts and traces it. */
public final class RoundObserver {

  private final @Nullable Meters meters;
  private final @Nullable DialTrace trace;

  RoundObserver(@Nullable Meters meters, @Nullable DialTrace trace) {
    this.meters = meters;
    this.trace = trace;
  }

  /**
   * What attempts run in.
   *
   * @param context the subscriber's context
   * @return with the round as the parent of what an attempt traces
   */
  public Context within(Context context) {
    DialTrace t = trace;
    return t == null ? context : t.within(context);
  }

  /**
   * A source is asked for addresses.
   *
   * @return to be stopped when it is done; null when nobody wants to know
   */
  public @Nullable Stopwatch resolving() {
    Meters m = meters;
    return m == null ? null : new Stopwatch(m, DialStage.RESOLVE, AddressFamily.OTHER);
  }

  /**
   * Something happened.
   *
   * @param step what
   * @param event says it to a person
   */
  public void step(DialStep step, Object event) {
    DialTrace t = trace;
    if (t != null) {
      t.step(step, event);
    }
  }

  /**
   * An attempt ended.
   *
   * @param address where
   * @param outcome how
   */
  public void attempted(SocketAddress address, Outcome outcome) {
    Meters m = meters;
    if (m != null) {
      m.count(FluxwireMeters.DIAL_ATTEMPTS, outcome, AddressFamily.of(address));
    }
  }

  /**
   * The round is won.
   *
   * @param address where
   * @param peer who is there
   */
  public void won(SocketAddress address, NodeId peer) {
    Meters m = meters;
    if (m != null) {
      m.count(FluxwireMeters.DIAL_RACE_WON, AddressFamily.of(address));
    }
    DialTrace t = trace;
    if (t != null) {
      t.won(address, peer);
    }
  }

  /**
   * The round is lost.
   *
   * @param failure why
   */
  public void failed(PeerException failure) {
    DialTrace t = trace;
    if (t != null) {
      t.failed(failure);
    }
  }

  /** Nobody wants the connection any more. */
  public void cancelled() {
    DialTrace t = trace;
    if (t != null) {
      t.cancelled();
    }
  }
}
