package io.fluxwire.record;

import java.util.Arrays;

/**
 * How far the records of upgraded sessions are lengthened, so that their sizes tell less about what
 * is in them (protocol.md section 9.4). Immutable.
 *
 * <p>What is padded is a record's body: the packets that go in one flush, each with 2 to 4 bytes
 * before it. How many records there are, and when, can still be seen.
 */
public final class Padding {

  /** The largest body of a record: 65,535 bytes. */
  static final int MAX_BODY = 65_535;

  /** A frame of padding has a type and a length. */
  private static final int MIN_FRAME = 2;

  private static final Padding NONE = new Padding(1, new int[0]);

  private final int multiple;
  private final int[] sizes;

  private Padding(int multiple, int[] sizes) {
    this.multiple = multiple;
    this.sizes = sizes;
  }

  /**
   * No padding.
   *
   * @return the default
   */
  public static Padding none() {
    return NONE;
  }

  /**
   * Bodies have a multiple of some size, or the largest size that there is.
   *
   * @param bytes the size, 2 to 65,535 bytes
   * @return the padding
   */
  public static Padding toMultipleOf(int bytes) {
    checkSize(bytes);
    return new Padding(bytes, new int[0]);
  }

  /**
   * Bodies have one of some sizes; those that are larger than all have the largest size that there
   * is.
   *
   * @param bytes the sizes, each 2 to 65,535 bytes; at least one
   * @return the padding
   */
  public static Padding toSizes(int... bytes) {
    if (bytes.length == 0) {
      throw new IllegalArgumentException("want at least one size");
    }
    for (int size : bytes) {
      checkSize(size);
    }
    int[] sorted = bytes.clone();
    Arrays.sort(sorted);
    return new Padding(1, sorted);
  }

  private static void checkSize(int bytes) {
    if (bytes < MIN_FRAME || bytes > MAX_BODY) {
      throw new IllegalArgumentException(
          "a record's body has 2 to %,d bytes, not %,d".formatted(MAX_BODY, bytes));
    }
  }

  /** Whether bodies stay as they are. */
  boolean isNone() {
    return multiple == 1 && sizes.length == 0;
  }

  /**
   * How large a body becomes: never by a single byte more, since a frame of padding has two.
   *
   * @param body its size, up to 65,535 bytes
   * @return at least its size, and at most 65,535 bytes
   */
  public int target(int body) {
    int target = next(body);
    if (target == body + 1) {
      target = next(target + 1);
    }
    return target > body + 1 ? target : body;
  }

  private int next(int body) {
    if (sizes.length == 0) {
      return Math.min(MAX_BODY, (body + multiple - 1) / multiple * multiple);
    }
    for (int size : sizes) {
      if (size >= body) {
        return size;
      }
    }
    return MAX_BODY;
  }

  @Override
  public String toString() {
    if (isNone()) {
      return "Padding[none]";
    }
    return sizes.length == 0
        ? "Padding[multiples of " + multiple + "]"
        : "Padding[sizes " + Arrays.toString(sizes) + "]";
  }
}
