package io.fluxwire.handshake.internal;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a peer speaks whose first bytes are not of the handshake that was awaited: usually a wrong
 * port, or a proxy that expects something else.
 */
public enum ForeignProtocol {
  /** A handshake record, or the alert that a TLS server answers our key with. */
  TLS("TLS", "[\\x15\\x16]\\x03"),
  HTTP("HTTP", "(?:GET|POST|HEAD|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE|PRI) |HTTP/"),
  SSH("SSH", "SSH-"),
  /** Both of its versions: a line of text, and a signature. */
  PROXY(
      "the PROXY protocol, and is not named as a proxy here",
      "PROXY |\\r\\n\\r\\n\\x00\\r\\nQUIT\\n"),
  /** Act one: version 0, then a compressed key. */
  BOLT_8("BOLT 8, today's Lightning handshake", "\\x00[\\x02\\x03]"),
  /** A session key, which is compressed. */
  VERSION_3("version 3", "[\\x02\\x03]"),
  /** A length in four bytes, little-endian, then a compressed key. */
  LENGTH_PREFIXED(
      "a later version of the old daemon's handshake, with a length before the session key",
      "[\\x21-\\xff]\\x00{3}[\\x02\\x03]");

  /** What the first bytes say so far. */
  private sealed interface Verdict {}

  /** They are a known protocol's. */
  private record Known(ForeignProtocol protocol) implements Verdict {}

  /** They are nobody's, whatever follows. */
  private record Unknown() implements Verdict {}

  /** It takes more bytes to tell. */
  private record Undecided() implements Verdict {}

  private final String description;
  private final Pattern start;

  ForeignProtocol(String description, String start) {
    this.description = description;
    this.start = Pattern.compile(start);
  }

  /**
   * Says what a peer speaks, for people.
   *
   * @param bytes its first bytes, at least as many as are there
   * @param count how many are there
   * @param last whether no more will come
   * @param otherwise what to say of what is nobody's
   * @return as "speaks TLS"; null when it takes more bytes to tell
   */
  public static @Nullable String describe(byte[] bytes, int count, boolean last, String otherwise) {
    Verdict verdict = judge(bytes, count);
    if (verdict instanceof Known known) {
      return "speaks " + known.protocol();
    }
    return verdict instanceof Undecided && !last ? null : otherwise;
  }

  private static Verdict judge(byte[] bytes, int count) {
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
