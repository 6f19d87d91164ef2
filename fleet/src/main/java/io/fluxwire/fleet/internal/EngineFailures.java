package io.fluxwire.fleet.internal;

import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.FleetEngineException.Kind;
import io.fluxwire.fleet.engine.InstanceId;
import org.jspecify.annotations.Nullable;

/** The failures that every engine has, in the same words. */
public final class EngineFailures {

  private EngineFailures() {}

  /**
   * There is no connection, or no answer.
   *
   * @param server names the software and its address
   * @param cause the error behind it; null if there is none
   * @return the failure
   */
  public static FleetEngineException unreachable(String server, @Nullable Throwable cause) {
    return new FleetEngineException(
        Kind.UNREACHABLE,
        "%s cannot be reached, or does not answer in time; the link tries again by itself"
            .formatted(server),
        cause);
  }

  /**
   * The server, or the others, take this instance for gone.
   *
   * @param server names the software and its address
   * @return the failure
   */
  public static FleetEngineException gone(String server) {
    return new FleetEngineException(
        Kind.UNREACHABLE,
        "this instance was gone for its fleet at %s, as after a pause; it joins again by itself"
            .formatted(server),
        null);
  }

  /**
   * Something else.
   *
   * @param server names the software and its address
   * @param failure what it was
   * @return the failure
   */
  public static FleetEngineException failed(String server, Throwable failure) {
    return new FleetEngineException(
        Kind.FAILED, "%s could not do it; see the cause".formatted(server), failure);
  }

  /**
   * Too many bytes of messages wait.
   *
   * @param server names the software and its address
   * @param limit how many may wait
   * @return the failure
   */
  public static FleetEngineException slow(String server, long limit) {
    return new FleetEngineException(
        Kind.UNREACHABLE,
        "%s is slow: %,d bytes of messages wait for it; send the next one when the one before is completed"
            .formatted(server, limit),
        null);
  }

  /**
   * The receiver of a message is no member.
   *
   * @param to the receiver
   * @return the failure
   */
  public static FleetEngineException noMember(InstanceId to) {
    return new FleetEngineException(
        Kind.NO_MEMBER, to + " is no member; look the peer up again", null);
  }

  /**
   * The instance's id is in use.
   *
   * @param self the instance
   * @return the failure
   */
  public static FleetEngineException taken(InstanceId self) {
    return new FleetEngineException(
        Kind.REFUSED,
        "an instance %s is in the fleet already; join under another id, or wait until it is gone"
            .formatted(self),
        null);
  }

  /**
   * The link was left.
   *
   * @return the failure
   */
  public static FleetEngineException left() {
    return new FleetEngineException(
        Kind.LEFT, "this instance has left the fleet; join again", null);
  }
}
