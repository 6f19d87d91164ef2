package io.fluxwire.dial;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Whether a peer is connected.
 *
 * @param up whether there is a connection
 * @param since when the peer was connected, or since when it has not been
 * @param lastError the latest error that ended a connection or failed a dial; null when there was
 *     none yet. It is kept when the peer is connected again
 */
public record ConnectionHealth(boolean up, Instant since, @Nullable Throwable lastError) {

  /** The health once there is a connection. */
  ConnectionHealth connected(Instant now) {
    return up ? this : new ConnectionHealth(true, now, lastError);
  }

  /** The health once there is no connection, or while there still is none. */
  ConnectionHealth down(Instant now, @Nullable Throwable error) {
    return new ConnectionHealth(false, up ? now : since, error == null ? lastError : error);
  }

  /** The same health with a newer error, if there is one. */
  ConnectionHealth withError(@Nullable Throwable error) {
    return error == null ? this : new ConnectionHealth(up, since, error);
  }
}
