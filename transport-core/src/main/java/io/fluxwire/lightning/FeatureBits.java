package io.fluxwire.lightning;

import java.util.BitSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a Lightning node can do (BOLT 9): a set of bits in pairs, of which the even one says that
 * the node insists on a feature, and the odd one that it has it. Immutable; two are equal if they
 * have the same bits.
 */
public final class FeatureBits {

  /** The largest bit that a message has room for. */
  static final int MAX_BIT = 8 * 65_000 - 1;

  private static final FeatureBits NONE = new FeatureBits(new BitSet());

  /** As many as fit a line of a log. */
  private static final int SHOWN = 64;

  private final BitSet bits;

  private FeatureBits(BitSet bits) {
    this.bits = bits;
  }

  /**
   * No feature.
   *
   * @return the empty set
   */
  public static FeatureBits none() {
    return NONE;
  }

  /**
   * Some features.
   *
   * @param bits their numbers, 0 to 519,999
   * @return the set
   * @throws IllegalArgumentException when one is out of its range
   */
  public static FeatureBits of(int... bits) {
    BitSet set = new BitSet();
    for (int bit : bits) {
      if (bit < 0 || bit > MAX_BIT) {
        throw new IllegalArgumentException(
            "a feature bit is 0 to %d, not %d".formatted(MAX_BIT, bit));
      }
      set.set(bit);
    }
    return new FeatureBits(set);
  }

  /** Those of a message: big-endian, the lowest bit in the last byte. */
  static FeatureBits parse(byte[] bytes) {
    return new FeatureBits(BitSet.valueOf(reversed(bytes)));
  }

  /** As a message has them, in as few bytes as possible. */
  byte[] toBytes() {
    return reversed(bits.toByteArray());
  }

  private static byte[] reversed(byte[] bytes) {
    byte[] turned = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      turned[i] = bytes[bytes.length - 1 - i];
    }
    return turned;
  }

  /**
   * The features of either.
   *
   * @param other more
   * @return the union
   */
  public FeatureBits or(FeatureBits other) {
    BitSet both = (BitSet) bits.clone();
    both.or(other.bits);
    return new FeatureBits(both);
  }

  /**
   * Whether a bit is set.
   *
   * @param bit its number
   * @return whether it is; of its pair, either or both may be
   */
  public boolean has(int bit) {
    return bit >= 0 && bits.get(bit);
  }

  /**
   * The bits that are set.
   *
   * @return their numbers, from the lowest on
   */
  public IntStream stream() {
    return bits.stream();
  }

  /** Whether a feature is in the set, by either bit of its pair. */
  private boolean knows(int bit) {
    return has(bit & ~1) || has(bit | 1);
  }

  /** The first even bit whose feature another set does not have; -1 if there is none. */
  int firstRequiredBeyond(FeatureBits known) {
    return bits.stream().filter(bit -> (bit & 1) == 0 && !known.knows(bit)).findFirst().orElse(-1);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof FeatureBits that && bits.equals(that.bits);
  }

  @Override
  public int hashCode() {
    return bits.hashCode();
  }

  /** As "[0, 13, 1000]"; of many, the lowest 64. */
  @Override
  public String toString() {
    return bits.stream()
        .limit(SHOWN)
        .mapToObj(Integer::toString)
        .collect(Collectors.joining(", ", "[", bits.cardinality() > SHOWN ? ", ...]" : "]"));
  }
}
