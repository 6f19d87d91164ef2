package io.fluxwire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionClosedExceptionTest {

  /** An escape, a one-byte CSI, a line separator, an override of direction, half a pair. */
  @ParameterizedTest
  @ValueSource(ints = {0x1b, 0x9b, 0x2028, 0x2029, 0x202e, 0xd83d})
  void whatActsOnATerminalOrALogIsReplaced(int character) {
    String problem = "a" + (char) character + "b";
    assertThat(ConnectionClosedException.byPeer(problem).problem()).isEqualTo("a\uFFFDb");
  }

  @Test
  void aLongProblemIsNotCutInsideACharacter() {
    String smiley = "\uD83D\uDE00";
    String problem = "x".repeat(255) + smiley;
    assertThat(ConnectionClosedException.byPeer(problem).problem())
        .isEqualTo("x".repeat(255) + "\u2026");
    assertThat(ConnectionClosedException.byPeer("x".repeat(254) + smiley).problem())
        .endsWith("x" + smiley);
  }
}
