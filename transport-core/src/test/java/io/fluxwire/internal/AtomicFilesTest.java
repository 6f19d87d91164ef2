package io.fluxwire.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Feature;
import com.google.common.jimfs.Jimfs;
import io.fluxwire.internal.AtomicFiles.Content;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AtomicFilesTest {

  private static final Content FAILING =
      channel -> {
        channel.write(ByteBuffer.wrap(new byte[] {1}));
        throw new IOException("disk full");
      };

  @TempDir Path folder;

  private static Content text(String text) {
    return channel -> channel.write(StandardCharsets.UTF_8.encode(text));
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  private void nothingElse(Path... files) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      assertThat(all).containsExactlyInAnyOrder(files);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r-----", "rw-rw-rw-", "rw-------", "r--r-----", "rwxr-x---"})
  void aReplacedFileKeepsItsMode(String mode) throws IOException {
    Path file = Files.writeString(folder.resolve("bans"), "old");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));

    AtomicFiles.replace(file, text("new"));

    assertThat(mode(file)).isEqualTo(mode);
    assertThat(file).hasContent("new");
    nothingElse(file);
  }

  /** Whoever is not the superuser cannot try it. */
  @Test
  void aReplacedFileKeepsItsOwnerAndGroup() throws IOException {
    assumeThat((Integer) Files.getAttribute(folder, "unix:uid")).isZero();
    Path file = Files.writeString(folder.resolve("bans"), "old");
    Files.setAttribute(file, "unix:uid", 65_534);
    Files.setAttribute(file, "unix:gid", 65_533);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));

    AtomicFiles.replace(file, text("new"));

    assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(65_534);
    assertThat(Files.getAttribute(file, "unix:gid")).isEqualTo(65_533);
    assertThat(mode(file)).isEqualTo("rw-r-----");
  }

  @Test
  void aLinkStaysALinkAndItsTargetIsReplaced() throws IOException {
    Path inner = Files.createDirectory(folder.resolve("inner"));
    Path target = Files.writeString(inner.resolve("target"), "old");
    Path second = Files.createSymbolicLink(folder.resolve("second"), Path.of("inner", "target"));
    Path first = Files.createSymbolicLink(folder.resolve("first"), second.toAbsolutePath());

    AtomicFiles.replace(first, text("new"));

    assertThat(first).isSymbolicLink();
    assertThat(second).isSymbolicLink();
    assertThat(target).isRegularFile().hasContent("new");
    nothingElse(inner, second, first);
  }

  @Test
  void theTargetOfADanglingLinkIsMade() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("target"));

    AtomicFiles.replace(link, text("new"));

    assertThat(link).isSymbolicLink();
    assertThat(folder.resolve("target")).hasContent("new");
  }

  @Test
  void linksThatGoInACircleAreAnError() throws IOException {
    Path link = folder.resolve("link");
    Files.createSymbolicLink(link, Path.of("link"));

    assertThatThrownBy(() -> AtomicFiles.replace(link, text("new")))
        .isInstanceOf(FileSystemLoopException.class);
  }

  @Test
  void aNameMayBeAsLongAsTheSystemAllows() throws IOException {
    Path file = folder.resolve("b".repeat(255));

    AtomicFiles.replace(file, text("old"));
    AtomicFiles.replace(file, text("new"));
    AtomicFiles.createPrivate(folder.resolve("k".repeat(255)), text("key"));

    assertThat(file).hasContent("new");
  }

  @Test
  void whatCannotBeWrittenLeavesWhatWasThere() throws IOException {
    Path file = Files.writeString(folder.resolve("bans"), "old");

    assertThatThrownBy(() -> AtomicFiles.replace(file, FAILING)).hasMessage("disk full");
    assertThatThrownBy(() -> AtomicFiles.createPrivate(folder.resolve("key"), FAILING))
        .hasMessage("disk full");

    assertThat(file).hasContent("old");
    nothingElse(file);
  }

  @Test
  void whatIsNoFileIsNotReplaced() throws IOException {
    Path taken = Files.createDirectory(folder.resolve("taken"));

    assertThatThrownBy(() -> AtomicFiles.replace(taken, text("new")))
        .isInstanceOf(FileSystemException.class)
        .hasMessage(taken + ": not a regular file");
  }

  @Test
  void theFileThatWasAskedForIsNamed() {
    Path file = folder.resolve("none").resolve("file");

    assertThatThrownBy(() -> AtomicFiles.replace(file, text("new")))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessage(file + ": its folder does not exist");
    assertThatThrownBy(() -> AtomicFiles.createPrivate(file, text("new")))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessage(file + ": its folder does not exist");
  }

  @Test
  void aPrivateFileIsNeverWrittenOver() throws IOException {
    Path file = Files.writeString(folder.resolve("key"), "precious");

    assertThatThrownBy(() -> AtomicFiles.createPrivate(file, text("new")))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(file).hasContent("precious");
    nothingElse(file);
  }

  /** Between the look and the writing, somebody else makes it. */
  @Test
  void neitherIsOneThatAppearsMeanwhile() throws IOException {
    Path file = folder.resolve("key");

    assertThatThrownBy(
            () -> AtomicFiles.createPrivate(file, channel -> Files.writeString(file, "precious")))
        .isInstanceOf(FileAlreadyExistsException.class)
        .hasMessage(file.toString());
    assertThat(file).hasContent("precious");
    nothingElse(file);
  }

  @Test
  void aPrivateFileIsMadeWithoutHardLinks() throws IOException {
    try (FileSystem linkless = linkless()) {
      Path file = linkless.getPath("/key");

      AtomicFiles.createPrivate(file, text("key"));

      assertThat(Files.readString(file)).isEqualTo("key");
      assertThat(mode(file)).isEqualTo("r--------");
      assertThatThrownBy(() -> AtomicFiles.createPrivate(file, text("new")))
          .isInstanceOf(FileAlreadyExistsException.class);
      AtomicFiles.replace(file, text("newer"));
      assertThat(Files.readString(file)).isEqualTo("newer");
      try (Stream<Path> all = Files.list(linkless.getPath("/"))) {
        assertThat(all).containsExactly(file, linkless.getPath("/work"));
      }
    }
  }

  @Test
  void withoutHardLinksNothingIsLeftOrWrittenOverEither() throws IOException {
    try (FileSystem linkless = linkless()) {
      Path file = linkless.getPath("/key");
      AtomicInteger files = new AtomicInteger();

      assertThatThrownBy(
              () ->
                  AtomicFiles.createPrivate(
                      file,
                      channel -> {
                        if (files.incrementAndGet() == 2) {
                          FAILING.writeTo(channel);
                        }
                      }))
          .hasMessage("disk full");
      assertThat(file).doesNotExist();
      assertThatThrownBy(
              () -> AtomicFiles.createPrivate(file, channel -> Files.writeString(file, "precious")))
          .isInstanceOf(FileAlreadyExistsException.class);
      assertThat(Files.readString(file)).isEqualTo("precious");
    }
  }

  private static FileSystem linkless() {
    return Jimfs.newFileSystem(
        Configuration.unix().toBuilder()
            .setAttributeViews("posix")
            .setSupportedFeatures(Feature.FILE_CHANNEL, Feature.SYMBOLIC_LINKS)
            .build());
  }

  @Test
  void whatIsMadeNewHasTheUsualMode() throws IOException {
    Path usual = Files.createFile(folder.resolve("usual"));
    Path file = folder.resolve("bans");

    AtomicFiles.replace(file, text("new"));

    assertThat(mode(file)).isEqualTo(mode(usual));
    assertThat(Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)).isTrue();
  }
}
