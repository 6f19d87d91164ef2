package io.fluxwire.observe;

/** A part of a handshake: a tag's values. */
public enum HandshakeStage {
  /** Session keys are made and exchanged. */
  EXCHANGE,
  /** The keys of both directions are computed. */
  AGREEMENT,
  /** Both sides prove who they are, and the authorizer decides. */
  AUTHENTICATE
}
