package io.fluxwire.fleet.internal;

import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.EngineListener;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.internal.Callbacks;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * An instance's listener, told one thing after the other whichever threads an engine tells it on,
 * until it is closed. Members are told only when they have changed. What the listener throws is
 * logged and goes no further.
 *
 * <p>A thread waits while another one tells, which is short, since a listener does not block.
 */
public final class GuardedListener implements EngineListener {

  private static final String LISTENER = "the listener of a fleet's engine";

  private final EngineListener actual;

  // Both guarded by this.
  private Set<InstanceId> members = Set.of();
  private boolean closed;

  /**
   * Guards a listener.
   *
   * @param actual the listener
   */
  public GuardedListener(EngineListener actual) {
    this.actual = actual;
  }

  private synchronized void tell(Runnable call) {
    if (!closed) {
      Callbacks.run(LISTENER, call);
    }
  }

  /** Tells nothing any more once this returns, except to a caller of this own thread. */
  public synchronized void close() {
    closed = true;
  }

  @Override
  public synchronized void members(Set<InstanceId> now) {
    if (!now.equals(members)) {
      members = Set.copyOf(now);
      tell(() -> actual.members(members));
    }
  }

  @Override
  public void held(Holding holding) {
    tell(() -> actual.held(holding));
  }

  @Override
  public void released(Holding holding) {
    tell(() -> actual.released(holding));
  }

  @Override
  public void rule(AccessRule rule) {
    tell(() -> actual.rule(rule));
  }

  @Override
  public void message(InstanceId from, byte[] message) {
    tell(() -> actual.message(from, message));
  }

  @Override
  public void lost() {
    tell(actual::lost);
  }

  @Override
  public void missed() {
    tell(actual::missed);
  }

  /** Nothing, if the listener throws. */
  @Override
  public Collection<Holding> own() {
    return asked(actual::own);
  }

  /** Nothing, if the listener throws. */
  @Override
  public Collection<AccessRule> ownRules() {
    return asked(actual::ownRules);
  }

  private static <T> Collection<T> asked(Supplier<Collection<T>> question) {
    try {
      return List.copyOf(question.get());
    } catch (Throwable thrown) {
      Callbacks.report(LISTENER, thrown);
      return List.of();
    }
  }
}
