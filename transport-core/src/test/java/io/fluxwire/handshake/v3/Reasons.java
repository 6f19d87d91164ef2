package io.fluxwire.handshake.v3;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Which rule was broken. */
final class Reasons {

  private Reasons() {}

  static Reason thrownBy(ThrowingCallable code) {
    return catchThrowableOfType(PeerException.class, code).reason();
  }
}
