package io.fluxwire.netty.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixSocketFileTest {

  @TempDir private Path folder;

  /** The system gives what it knew a socket by to another file once the socket is closed. */
  @Test
  void aSocketThatNeverHadTheNameRemovesNobodysFile() throws IOException {
    Path path = folder.resolve("node.sock");
    UnixSocketFile file = new UnixSocketFile(path);
    Files.createFile(file.bound());
    Path same = folder.resolve("same");
    Files.createLink(same, file.bound());
    Files.writeString(path, "precious");
    assertThatThrownBy(file::publish).isInstanceOf(BindException.class);

    Files.delete(path);
    Files.move(same, path);
    file.remove();
    assertThat(path).exists();
  }

  @Test
  void aSocketThatHasTheNameIsRemoved() throws IOException {
    Path path = folder.resolve("node.sock");
    UnixSocketFile file = new UnixSocketFile(path);
    Files.createFile(file.bound());
    file.publish();
    assertThat(path).exists();
    assertThat(file.bound()).doesNotExist();

    file.remove();
    assertThat(path).doesNotExist();
  }
}
