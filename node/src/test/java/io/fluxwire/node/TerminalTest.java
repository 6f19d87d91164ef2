package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TerminalTest {

  @Test
  void theLauncherKnows(@TempDir Path folder) {
    assertThat(Terminal.is("true", folder)).isTrue();
    assertThat(Terminal.is("false", Path.of("/dev/null"))).isFalse();
  }

  @Test
  void withoutALauncherADeviceMayBeATerminalAndAFileIsNone(@TempDir Path folder)
      throws IOException {
    assertThat(Terminal.is(null, Path.of("/dev/null"))).isTrue();
    assertThat(Terminal.is(null, Files.createFile(folder.resolve("file")))).isFalse();
    assertThat(Terminal.is(null, folder.resolve("missing"))).isTrue();
  }
}
