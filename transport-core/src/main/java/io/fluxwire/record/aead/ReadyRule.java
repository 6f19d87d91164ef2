package io.fluxwire.record.aead;

/** Whether a direction has to begin with READY (protocol.md section 9.4). */
public enum ReadyRule {
  /** It has to, or ends: the side that dialled reads so. */
  EXPECTED,
  /** READY is a fault: the side that was dialled reads so. */
  REFUSED
}
