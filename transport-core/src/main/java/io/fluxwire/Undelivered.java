package io.fluxwire;

/**
 * What a connection took from its sends and the socket never took from it. What is written may be
 * lost still, on the way or at the peer: only an answer of the application's proves that it came.
 *
 * @param packets the packets that sources handed over and that are not wholly written
 * @param bytes the size of those among them that were sealed already, as frames; the others wait
 *     unencoded, so their size is not known
 */
public record Undelivered(long packets, long bytes) {

  /** All was written. */
  public static final Undelivered NOTHING = new Undelivered(0, 0);

  /** Checks that there is no debt. */
  public Undelivered {
    if (packets < 0 || bytes < 0) {
      throw new IllegalArgumentException(
          "%d packets and %d bytes cannot be undelivered".formatted(packets, bytes));
    }
  }

  /**
   * Whether all was written.
   *
   * @return true for {@link #NOTHING}
   */
  public boolean isNothing() {
    return equals(NOTHING);
  }

  /**
   * The sum of two connections.
   *
   * @param other the other connection's
   * @return the sum
   */
  public Undelivered plus(Undelivered other) {
    return new Undelivered(packets + other.packets, bytes + other.bytes);
  }

  /** For a person, in one line. */
  @Override
  public String toString() {
    return isNothing()
        ? "nothing"
        : "%,d packets (%,d bytes of them sealed)".formatted(packets, bytes);
  }
}
