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
public record LinkHealth(boolean up, Instant since, @Nullable Throwable lastError) {

  /** There is a connection from now on. */
  LinkHealth connected(Instant now) {
    return up ? this : new LinkHealth(true, now, lastError);
  }

  /** There is none from now on, or still. */
  LinkHealth down(Instant now, @Nullable Throwable error) {
    return new LinkHealth(false, up ? now : since, error == null ? lastError : error);
  }

  /** As it is, but something went wrong. */
  LinkHealth withError(@Nullable Throwable error) {
    return error == null ? this : new LinkHealth(up, since, error);
  }
}
