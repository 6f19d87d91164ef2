package io.fluxwire;

/**
 * The packets that sends handed over to a connection and that the socket never accepted. Packets
 * that were written can still be lost on the way or at the peer: only an answer of the peer's
 * application proves that they arrived.
 *
 * @param packets the number of packets that sources handed over and that were not written
 *     completely
 * @param bytes the size in bytes, as encrypted frames, of those packets that were encrypted
 *     already; the size of the others is not known, since they were not encoded yet
 */
public record Undelivered(long packets, long bytes) {

  /** Everything was written. */
  public static final Undelivered NOTHING = new Undelivered(0, 0);

  /** Checks that neither number is negative. */
  public Undelivered {
    if (packets < 0 || bytes < 0) {
      throw new IllegalArgumentException(
          "%d packets and %d bytes cannot be undelivered".formatted(packets, bytes));
    }
  }

  /**
   * Whether everything was written.
   *
   * @return true for {@link #NOTHING}
   */
  public boolean isNothing() {
    return equals(NOTHING);
  }

  /**
   * The sum of this and another connection's.
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
