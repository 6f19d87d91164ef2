package io.fluxwire.channel.disk;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** Makes the entries of directories survive a crash. Syncing a file does not sync its name. */
final class Directories {

  private Directories() {}

  /** Creates a directory and its parents. */
  static void create(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    Path parent = directory.getParent();
    if (parent != null) {
      create(parent);
    }
    Files.createDirectories(directory);
    sync(parent);
  }

  /**
   * Syncs the entries of a directory. Windows has no such call; its file system journals them
   * itself.
   */
  static void sync(@Nullable Path directory) throws IOException {
    if (directory == null || File.separatorChar == '\\') {
      return;
    }
    try (FileChannel entries = FileChannel.open(directory, StandardOpenOption.READ)) {
      entries.force(true);
    }
  }
}
