package io.fluxwire.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrintableTextTest {

  /**
   * Escape, one-byte CSI, delete, bell, carriage return, line feed, next line, null, separators of
   * lines and paragraphs, overrides and isolates of direction, what has no width, a tag, half a
   * pair.
   */
  @ParameterizedTest
  @ValueSource(
      ints = {
        0x1b, 0x9b, 0x7f, 0x07, '\r', '\n', 0x85, 0, 0x2028, 0x2029, 0x202e, 0x202a, 0x2066, 0x2069,
        0x200e, 0x200f, 0x061c, 0x200b, 0xfeff, 0xad, 0xe0041, 0xd83d
      })
  void whatActsOnATerminalIsReplaced(int character) {
    assertThat(PrintableText.of("a" + Character.toString(character) + "b")).isEqualTo("a\uFFFDb");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "plain", "Zoë ⚡ 😀", "a\tb", "עברית العربية", "e\u0301"})
  void whatOnlyShowsItselfStays(String text) {
    assertThat(PrintableText.of(text)).isEqualTo(text);
  }

  @Test
  void aLongTextIsCutAndSaysSo() {
    assertThat(PrintableText.of("x".repeat(11), 10)).isEqualTo("x".repeat(10) + "…");
    assertThat(PrintableText.of("x".repeat(10), 10)).isEqualTo("x".repeat(10));
    assertThat(PrintableText.of("x".repeat(9) + "😀!", 10)).isEqualTo("x".repeat(9) + "…");
  }
}
