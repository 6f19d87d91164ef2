package io.fluxwire.crypto;

import javax.security.auth.Destroyable;

/**
 * What a Noise handshake ends with: the keys of both directions.
 *
 * @param initiator of what the side that dialled sends
 * @param responder of what the side that was dialled sends
 */
public record NoiseKeys(ChainedKey initiator, ChainedKey responder) implements Destroyable {

  /** Wipes what no stream has taken. */
  @Override
  public void destroy() {
    initiator.destroy();
    responder.destroy();
  }

  @Override
  public boolean isDestroyed() {
    return initiator.isDestroyed() && responder.isDestroyed();
  }

  /** Shows no key. */
  @Override
  public String toString() {
    return "NoiseKeys[***]";
  }
}
