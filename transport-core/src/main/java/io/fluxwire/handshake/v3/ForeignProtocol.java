package io.fluxwire.handshake.v3;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a peer speaks whose first bytes are no session key: usually a wrong port, or a proxy that
 * expects something else.
 */
enum ForeignProtocol {
  /** A handshake record, or the alert that a TLS server answers our key with. */
  TLS("TLS", "[\\x15\\x16]\\x03"),
  HTTP("HTTP", "(?:GET|POST|HEAD|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE|PRI) |HTTP/"),
  SSH("SSH", "SSH-"),
  /** Act one: version 0, then a compressed key. */
  BOLT_8("BOLT 8, today's Lightning handshake", "\\x00[\\x02\\x03]"),
  /** A length in four bytes, little-endian, then a compressed key. */
  LENGTH_PREFIXED(
      "a later version of the old daemon's handshake, with a length before the session key",
      "[\\x21-\\xff]\\x00{3}[\\x02\\x03]");

  /** What the first bytes say so far. */
  sealed interface Verdict {}

  /** They are a known protocol's. */
  record Known(ForeignProtocol protocol) implements Verdict {}

  /** They are nobody's, whatever follows. */
  record Unknown() implements Verdict {}

  /** It takes more bytes to tell. */
  record Undecided() implements Verdict {}

  private final String description;
  private final Pattern start;

  ForeignProtocol(String description, String start) {
    this.description = description;
    this.start = Pattern.compile(start);
  }

  /**
   * Judges the first bytes.
   *
   * @param bytes at least as many as are there
   * @param count how many are there
   */
  static Verdict judge(byte[] bytes, int count) {
    String text = new String(bytes, 0, count, StandardCharsets.ISO_8859_1);
    Verdict verdict = new Unknown();
    for (ForeignProtocol protocol : values()) {
      Matcher matcher = protocol.start.matcher(text);
      if (matcher.lookingAt()) {
        return new Known(protocol);
      }
      if (matcher.hitEnd()) {
        verdict = new Undecided();
      }
    }
    return verdict;
  }

  @Override
  public String toString() {
    return description;
  }
}
