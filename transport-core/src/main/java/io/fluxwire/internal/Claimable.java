package io.fluxwire.internal;

/** A resource that can tell whether whoever it was made for has begun to use it. */
public interface Claimable {

  /**
   * Whether anybody has used it.
   *
   * @return false as long as nobody has asked it for anything that only its holder would
   */
  boolean isClaimed();
}
