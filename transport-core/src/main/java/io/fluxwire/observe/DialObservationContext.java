package io.fluxwire.observe;

import io.fluxwire.NodeId;
import io.fluxwire.Reason;
import io.micrometer.observation.Observation;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What handlers and conventions can know of a round of dialing that is observed. Later versions may
 * add methods.
 */
public final class DialObservationContext extends Observation.Context {

  private final String dialled;
  private volatile @Nullable SocketAddress address;
  private volatile @Nullable NodeId peer;
  private volatile @Nullable Reason reason;

  DialObservationContext(String dialled) {
    this.dialled = dialled;
  }

  /**
   * What is dialled.
   *
   * @return the name of the dial
   */
  public String dialled() {
    return dialled;
  }

  /**
   * The address that won.
   *
   * @return null until one has
   */
  public @Nullable SocketAddress address() {
    return address;
  }

  /**
   * Who is at the address that won.
   *
   * @return null until one has
   */
  public @Nullable NodeId peer() {
    return peer;
  }

  /**
   * Why the round made no connection.
   *
   * @return the reason; null while it lasts, and if it made one
   */
  public @Nullable Reason reason() {
    return reason;
  }

  void won(SocketAddress where, NodeId who) {
    address = where;
    peer = who;
  }

  void reason(Reason why) {
    reason = why;
  }
}
