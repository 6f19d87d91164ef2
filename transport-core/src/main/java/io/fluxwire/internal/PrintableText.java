package io.fluxwire.internal;

import java.util.regex.Pattern;

/** Makes a text that others wrote harmless for a terminal, a log, and whoever reads them. */
public final class PrintableText {

  /**
   * Control characters (escapes, carriage returns, line feeds), format characters (bidirectional
   * marks, what has no width), halves of surrogate pairs, and separators of lines and paragraphs. A
   * tab is the one control character that only moves to the right.
   */
  private static final Pattern UNPRINTABLE =
      Pattern.compile("[[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]&&[^\\t]]");

  private static final String REPLACEMENT = "\uFFFD";
  private static final String CUT = "\u2026";

  private PrintableText() {}

  /**
   * Replaces each character that does more than to show itself, so that what is left is one line.
   *
   * @param text anybody's text
   * @return the text with U+FFFD in place of each such character
   */
  public static String of(String text) {
    return UNPRINTABLE.matcher(text).replaceAll(REPLACEMENT);
  }

  /**
   * As {@link #of(String)}, cut to a length.
   *
   * @param text anybody's text
   * @param limit how many characters are kept at most; those of a surrogate pair stay together
   * @return the text, with an ellipsis at its end when it was longer
   */
  public static String of(String text, int limit) {
    if (text.length() <= limit) {
      return of(text);
    }
    int end = Character.isHighSurrogate(text.charAt(limit - 1)) ? limit - 1 : limit;
    return of(text.substring(0, end)) + CUT;
  }
}
