package io.fluxwire.dial;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Whether a peer is connected.
 *
 * @param up whether there is a connection
 * @param since when it became so
 * @param lastError what ended the last connection or failed the last round of dialing; null when
 *     nothing went wrong yet. Stays when the peer is connected again
 */
public record ConnectionHealth(boolean up, Instant since, @Nullable Throwable lastError) {

  /** There is a connection from now on. */
  ConnectionHealth connected(Instant now) {
    return up ? this : new ConnectionHealth(true, now, lastError);
  }

  /** There is none from now on, or still. */
  ConnectionHealth down(Instant now, @Nullable Throwable error) {
    return new ConnectionHealth(false, up ? now : since, error == null ? lastError : error);
  }

  /** As it is, but something went wrong. */
  ConnectionHealth withError(@Nullable Throwable error) {
    return error == null ? this : new ConnectionHealth(up, since, error);
  }
}
