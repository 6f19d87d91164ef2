package io.fluxwire.lightning;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.math.BigInteger;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Any first message: its features are what BOLT 1 says that they are, or it is refused, and a copy
 * of it is taken for the same.
 */
class InitMessageFuzzTest {

  @FuzzTest
  void init(byte[] bytes) {
    Object expected = new Model(bytes).read();
    ByteBuf message = Unpooled.wrappedBuffer(bytes);
    try {
      FeatureBits features = InitMessage.parse(message).features();
      assertThat(features).isEqualTo(expected);
      ByteBuf again = InitMessage.of(features).toMessage();
      assertThat(InitMessage.parse(again).features()).isEqualTo(features);
      again.release();
    } catch (PacketException e) {
      assertThat(e.reason()).as(e.getMessage()).isEqualTo(expected);
    }
  }

  /** Reads it another way: by indices and large numbers. */
  private static final class Model {

    private static final BigInteger END = BigInteger.valueOf(-1);

    private final byte[] bytes;
    private int at;

    Model(byte[] bytes) {
      this.bytes = bytes;
    }

    /** The features, or the reason why there are none. */
    Object read() {
      if (!number(2).equals(BigInteger.valueOf(16))) {
        return Reason.PACKET_MALFORMED;
      }
      byte[] global = take(number(2));
      byte[] local = global == null ? null : take(number(2));
      if (global == null || local == null) {
        return Reason.PACKET_MALFORMED;
      }
      Reason wrong = extensions();
      return wrong == null ? bits(global).or(bits(local)) : wrong;
    }

    private @Nullable Reason extensions() {
      BigInteger last = END;
      while (at < bytes.length) {
        BigInteger type = bigSize();
        if (type.equals(END) || type.compareTo(last) <= 0) {
          return Reason.PACKET_MALFORMED;
        }
        if (!type.testBit(0)) {
          return Reason.UNKNOWN_EVEN_FIELD;
        }
        last = type;
        byte[] value = take(bigSize());
        boolean names = type.equals(BigInteger.ONE);
        if (value == null || (names && value.length % InitMessage.NETWORK_SIZE != 0)) {
          return Reason.PACKET_MALFORMED;
        }
      }
      return null;
    }

    private BigInteger bigSize() {
      BigInteger first = number(1);
      int size = Math.max(0, first.intValue() - 0xfc);
      if (size == 0) {
        return first;
      }
      BigInteger value = number(1 << size);
      BigInteger least = size == 1 ? BigInteger.valueOf(0xfd) : BigInteger.ONE.shiftLeft(4 << size);
      return value.compareTo(least) < 0 ? END : value;
    }

    private BigInteger number(int size) {
      byte[] taken = take(BigInteger.valueOf(size));
      return taken == null ? END : new BigInteger(1, taken);
    }

    /** Null if there are not as many. */
    private byte @Nullable [] take(BigInteger size) {
      if (size.signum() < 0 || size.compareTo(BigInteger.valueOf(bytes.length - at)) > 0) {
        at = bytes.length;
        return null;
      }
      at += size.intValue();
      return Arrays.copyOfRange(bytes, at - size.intValue(), at);
    }

    private static FeatureBits bits(byte[] field) {
      BigInteger all = new BigInteger(1, field);
      FeatureBits bits = FeatureBits.none();
      for (int bit = 0; bit < all.bitLength(); bit++) {
        bits = all.testBit(bit) ? bits.or(FeatureBits.of(bit)) : bits;
      }
      return bits;
    }
  }
}
