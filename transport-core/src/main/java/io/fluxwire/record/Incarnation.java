package io.fluxwire.record;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Which store of a resumable channel somebody speaks of: 16 random bytes that were made together
 * with it (protocol.md section 10). A store that may have lost something has another one from then
 * on, so that the peer sees it. No secret. A value: two are equal when their bytes are.
 */
public final class Incarnation {

  /** The size: 16 bytes. */
  public static final int SIZE = 16;

  /** Zeros: the incarnation of no store. */
  public static final Incarnation NONE = new Incarnation(0, 0);

  /** What {@link #toString()} shows. */
  private static final int SHOWN_DIGITS = 8;

  private final long high;
  private final long low;

  private Incarnation(long high, long low) {
    this.high = high;
    this.low = low;
  }

  /**
   * The one of a new store.
   *
   * @param random its bytes must not come twice, not even after a process was copied or a snapshot
   *     of it restored
   * @return never {@link #NONE}
   */
  public static Incarnation random(SecureRandom random) {
    byte[] bytes = new byte[SIZE];
    Incarnation made;
    do {
      random.nextBytes(bytes);
      made = of(bytes);
    } while (made.isNone());
    return made;
  }

  /**
   * The one that was stored or read.
   *
   * @param bytes 16 bytes; zeros give {@link #NONE}
   * @return the value
   * @throws IllegalArgumentException when there are more or fewer
   */
  public static Incarnation of(byte[] bytes) {
    if (bytes.length != SIZE) {
      throw new IllegalArgumentException("an incarnation has 16 bytes, not " + bytes.length);
    }
    ByteBuffer both = ByteBuffer.wrap(bytes);
    return of(both.getLong(), both.getLong());
  }

  static Incarnation of(long high, long low) {
    return (high | low) == 0 ? NONE : new Incarnation(high, low);
  }

  /**
   * Whether it stands for no store.
   *
   * @return true for {@link #NONE}
   */
  public boolean isNone() {
    return (high | low) == 0;
  }

  /**
   * As it is stored and sent.
   *
   * @return 16 bytes, a copy
   */
  public byte[] toBytes() {
    return ByteBuffer.allocate(SIZE).putLong(high).putLong(low).array();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Incarnation that && high == that.high && low == that.low;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(high) * 31 + Long.hashCode(low);
  }

  /** Its first 8 hex digits, which tell it from the others of a channel; "none" for none. */
  @Override
  public String toString() {
    return isNone() ? "none" : HexFormat.of().toHexDigits(high).substring(0, SHOWN_DIGITS);
  }
}
