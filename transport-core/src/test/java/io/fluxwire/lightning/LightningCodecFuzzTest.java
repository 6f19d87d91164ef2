package io.fluxwire.lightning;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Any message: passed on as it is, refused, or the peer's last word, which cannot do harm. */
class LightningCodecFuzzTest {

  private static final int WARNING = 1;
  private static final int ERROR = 17;

  @FuzzTest
  void decode(byte[] message) {
    Object strict = outcome(LightningCodec.create(), message);
    Object tolerant = outcome(LightningCodec.create().tolerateWarnings(), message);
    int type = message.length < 2 ? -1 : ByteBuffer.wrap(message).getShort() & 0xffff;
    assertThat(strict).isEqualTo(expected(message, type, type == WARNING || type == ERROR));
    assertThat(tolerant).isEqualTo(expected(message, type, type == ERROR));
  }

  /** The reason, or null for a message that goes on as it came. */
  private static Object outcome(LightningCodec codec, byte[] message) {
    ByteBuf buffer = Unpooled.wrappedBuffer(message.clone());
    try {
      assertThat(ByteBufUtil.getBytes(codec.decode(buffer))).isEqualTo(message);
      return "passed on";
    } catch (PacketException e) {
      return e.reason();
    } catch (ConnectionClosedException e) {
      assertThat(e.problem().codePoints()).noneMatch(Character::isISOControl);
      assertThat(e.problem()).hasSizeLessThan(300);
      return e.reason();
    } finally {
      assertThat(buffer.refCnt()).isEqualTo(1);
      buffer.release();
    }
  }

  private static Object expected(byte[] message, int type, boolean ends) {
    if (type < 0) {
      return Reason.PACKET_MALFORMED;
    }
    if (!ends) {
      return "passed on";
    }
    int head = 2 + 32 + 2;
    if (message.length < head
        || message.length < head + (ByteBuffer.wrap(message).getShort(34) & 0xffff)) {
      return Reason.PACKET_MALFORMED;
    }
    boolean wholeConnection = Arrays.equals(message, 2, 34, new byte[32], 0, 32);
    return wholeConnection ? Reason.PEER_ERROR : "passed on";
  }
}
