package io.fluxwire.node;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.function.UnaryOperator;

/**
 * What a line of an input may be, and what it stands for.
 *
 * @param longest how many bytes it may have
 * @param limit the same in words, with what sets it
 * @param reading makes of a line what it stands for; throws IllegalArgumentException with what is
 *     wrong, as the rest of a sentence about the line
 */
record LineRule(int longest, String limit, UnaryOperator<ByteString> reading) {

  /** What a message of BOLT 8 may have. */
  private static final int MESSAGE = 65_535;

  /** What a Lightning message begins with. */
  private static final int TYPE = Short.BYTES;

  /** Any bytes, one packet a line. */
  static LineRule packets(int longest) {
    return new LineRule(longest, "1 MiB, the most that a packet takes", line -> line);
  }

  /** Any bytes, one message of BOLT 8 a line. */
  static LineRule messages() {
    return new LineRule(MESSAGE, "65,535 bytes, the most that a message takes", line -> line);
  }

  /** The hex digits of one Lightning message a line. */
  static LineRule hexMessages() {
    return new LineRule(
        2 * MESSAGE, "131,070 hex digits, the most that a message takes", LineRule::fromHex);
  }

  private static ByteString fromHex(ByteString line) {
    byte[] message;
    try {
      message = HexFormat.of().parseHex(line.toString(StandardCharsets.ISO_8859_1).strip());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "is not a message in hex: write two digits for each byte, and nothing between them", e);
    }
    if (message.length < TYPE) {
      throw new IllegalArgumentException(
          "is not a Lightning message, which begins with a type: four hex digits");
    }
    return ByteString.copyFrom(message);
  }
}
