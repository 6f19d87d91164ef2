package io.fluxwire.observe;

import io.fluxwire.Reason;
import io.micrometer.observation.Observation;
import org.jspecify.annotations.Nullable;

/**
 * What handlers and conventions can know of a handshake or a session that is observed. Later
 * versions may add methods.
 */
public final class SessionObservationContext extends Observation.Context {

  private final FluxwireObservations observation;
  private final SessionInfo session;
  private volatile @Nullable Reason reason;

  SessionObservationContext(FluxwireObservations observation, SessionInfo session) {
    this.observation = observation;
    this.session = session;
  }

  /**
   * Which observation it is of.
   *
   * @return {@link FluxwireObservations#HANDSHAKE} or {@link FluxwireObservations#SESSION}
   */
  public FluxwireObservations observation() {
    return observation;
  }

  /**
   * The connection.
   *
   * @return what is known of it
   */
  public SessionInfo session() {
    return session;
  }

  /**
   * Why it ended.
   *
   * @return the reason; null while it lasts, and of a handshake that went well
   */
  public @Nullable Reason reason() {
    return reason;
  }

  void reason(Reason why) {
    reason = why;
  }
}
