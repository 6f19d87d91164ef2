package io.fluxwire.crypto;

import java.util.Arrays;
import java.util.HexFormat;

/** What can be said of a 64-byte ECDSA signature without the curve (protocol.md section 4). */
public final class Signatures {

  private static final HexFormat HEX = HexFormat.of();
  private static final byte[] ORDER =
      HEX.parseHex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
  private static final byte[] HALF_ORDER =
      HEX.parseHex("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

  private Signatures() {}

  /**
   * Whether r and s are both above 0 and below the group order.
   *
   * @param signature {@code r || s}, 64 bytes
   * @return whether they are
   */
  public static boolean isInRange(byte[] signature) {
    return isScalar(signature, 0) && isScalar(signature, 32);
  }

  /**
   * Whether s is at most half the group order.
   *
   * @param signature {@code r || s}, 64 bytes
   * @return whether it is
   */
  public static boolean isLowS(byte[] signature) {
    return Arrays.compareUnsigned(signature, 32, 64, HALF_ORDER, 0, 32) <= 0;
  }

  /**
   * The signature of the pair {@code (r, s)}, {@code (r, n - s)} whose s is low: both verify.
   *
   * @param signature {@code r || s}, 64 bytes, both in range; not changed
   * @return 64 bytes
   */
  public static byte[] withLowS(byte[] signature) {
    byte[] low = signature.clone();
    if (!isLowS(signature)) {
      int borrow = 0;
      for (int i = 31; i >= 0; i--) {
        int difference = (ORDER[i] & 0xff) - (signature[32 + i] & 0xff) - borrow;
        low[32 + i] = (byte) difference;
        borrow = difference < 0 ? 1 : 0;
      }
    }
    return low;
  }

  private static boolean isScalar(byte[] signature, int offset) {
    boolean zero = true;
    for (int i = offset; i < offset + 32; i++) {
      zero &= signature[i] == 0;
    }
    return !zero && Arrays.compareUnsigned(signature, offset, offset + 32, ORDER, 0, 32) < 0;
  }
}
