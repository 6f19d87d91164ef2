package io.fluxwire.record;

import io.fluxwire.FrameIntegrityException;
import io.fluxwire.Reason;
import io.fluxwire.internal.PrintableText;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * What a side says of a resumable channel before any packet of it: which channel, and how far its
 * store has come (protocol.md section 10). On the wire it is
 *
 * <pre>
 *   name length | name | own | known | wanted | next   | attempt
 *   varint      | 1-255| 16  | 16    | varint | varint | varint
 * </pre>
 *
 * @param name the channel's name, 1 to 255 bytes in UTF-8. Two names are equal when their bytes
 *     are: nothing is normalized
 * @param own the incarnation of the sender's store
 * @param known the incarnation that the sender knew of the other side's store; {@link
 *     Incarnation#NONE} if it knew none
 * @param wanted the number of the next packet that the sender wants, 0 or above: all below it are
 *     acknowledged
 * @param next the number that the sender will give to its next new packet, 0 or above
 * @param attempt which connection of the channel this is, 1 or above
 */
public record ChannelFrame(
    String name, Incarnation own, Incarnation known, long wanted, long next, long attempt) {

  /** The largest name: 255 bytes of UTF-8. */
  public static final int MAX_NAME = 255;

  /** Of seven bits each, which make up 64. */
  private static final int MAX_VARINT = 10;

  private static final int CONTINUES = 0x80;

  /** Two bytes for the name's length, which is below 2^14. */
  private static final int MAX_SIZE = 2 + MAX_NAME + 2 * Incarnation.SIZE + 3 * MAX_VARINT;

  /**
   * Checks what is sent.
   *
   * @throws IllegalArgumentException when the name has no or too many bytes or halves of surrogate
   *     pairs, when the own incarnation is {@link Incarnation#NONE}, or a number is out of its
   *     range
   */
  public ChannelFrame {
    requireName(name);
    Objects.requireNonNull(known, "known");
    if (own.isNone()) {
      throw new IllegalArgumentException("the own incarnation is none");
    }
    if (wanted < 0 || next < 0 || attempt < 1) {
      throw new IllegalArgumentException(
          "wanted %d, next %d or attempt %d is out of its range".formatted(wanted, next, attempt));
    }
  }

  /**
   * Checks a channel's name.
   *
   * @param name the name
   * @return the name
   * @throws IllegalArgumentException when it has not 1 to 255 bytes in UTF-8, or has halves of
   *     surrogate pairs, which UTF-8 has not
   */
  public static String requireName(String name) {
    int size = utf8(name).length;
    if (size == 0 || size > MAX_NAME) {
      throw new IllegalArgumentException(
          "a channel's name has 1 to 255 bytes in UTF-8, not " + size);
    }
    return name;
  }

  private static byte[] utf8(String name) {
    try {
      // String.getBytes would write a question mark for what it cannot encode.
      ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(name));
      byte[] bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
      return bytes;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("a channel's name has half of a surrogate pair", e);
    }
  }

  /**
   * Reads a frame of the peer's. Numbers need not have their shortest form.
   *
   * @param value the frame's value
   * @return what it says
   * @throws FrameIntegrityException with {@link Reason#CHANNEL_MALFORMED} when it ends early or has
   *     bytes left over, when the name is empty, too long or not UTF-8, when the own incarnation is
   *     zeros, or a number is 2^63 or above or the attempt 0
   */
  public static ChannelFrame parse(byte[] value) {
    ByteBuffer in = ByteBuffer.wrap(value);
    String name = readName(in);
    Incarnation own = readIncarnation(in);
    if (own.isNone()) {
      throw malformed("its sender's incarnation is zeros");
    }
    Incarnation known = readIncarnation(in);
    long wanted = readNumber(in);
    long next = readNumber(in);
    long attempt = readNumber(in);
    if (attempt == 0) {
      throw malformed("its attempt is 0");
    }
    if (in.hasRemaining()) {
      throw malformed(in.remaining() + " bytes are left over");
    }
    return new ChannelFrame(name, own, known, wanted, next, attempt);
  }

  private static String readName(ByteBuffer in) {
    long size = readNumber(in);
    if (size == 0 || size > MAX_NAME) {
      throw malformed("its name has %d bytes, not 1 to 255".formatted(size));
    }
    ByteBuffer name = take(in, (int) size);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(name).toString();
    } catch (CharacterCodingException e) {
      throw malformed("its name is not UTF-8");
    }
  }

  private static Incarnation readIncarnation(ByteBuffer in) {
    ByteBuffer both = take(in, Incarnation.SIZE);
    return Incarnation.of(both.getLong(), both.getLong());
  }

  private static ByteBuffer take(ByteBuffer in, int size) {
    if (in.remaining() < size) {
      throw endsEarly();
    }
    ByteBuffer taken = in.slice(in.position(), size);
    in.position(in.position() + size);
    return taken;
  }

  private static long readNumber(ByteBuffer in) {
    long value = 0;
    for (int i = 0; i < MAX_VARINT; i++) {
      if (!in.hasRemaining()) {
        throw endsEarly();
      }
      byte next = in.get();
      value |= (next & 0x7fL) << (7 * i);
      if (next >= 0) {
        if (i == MAX_VARINT - 1 && next > 0) {
          break;
        }
        return value;
      }
    }
    throw malformed("a number is not below 2^63");
  }

  private static FrameIntegrityException endsEarly() {
    return malformed("it ends early");
  }

  private static FrameIntegrityException malformed(String how) {
    return new FrameIntegrityException(
        Reason.CHANNEL_MALFORMED, "the peer's CHANNEL is malformed: " + how);
  }

  /**
   * The frame's value, each number in its shortest form.
   *
   * @return at most 319 bytes
   */
  public byte[] toBytes() {
    byte[] nameBytes = utf8(name);
    ByteBuffer out = ByteBuffer.allocate(MAX_SIZE);
    writeNumber(out, nameBytes.length);
    out.put(nameBytes).put(own.toBytes()).put(known.toBytes());
    writeNumber(out, wanted);
    writeNumber(out, next);
    writeNumber(out, attempt);
    return Arrays.copyOf(out.array(), out.position());
  }

  private static void writeNumber(ByteBuffer out, long value) {
    long rest = value;
    while ((rest & -CONTINUES) != 0) {
      out.put((byte) (rest | CONTINUES));
      rest >>>= 7;
    }
    out.put((byte) rest);
  }

  /** For a log: the peer's name for the channel cannot break a line. */
  @Override
  public String toString() {
    return "ChannelFrame[%s, own %s, known %s, wants %d, next %d, attempt %d]"
        .formatted(PrintableText.of(name), own, known, wanted, next, attempt);
  }
}
