package io.fluxwire.node;

import io.fluxwire.access.BanList;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whom a node that listens keeps out. */
final class BanOptions {

  @Option(
      names = "--bans",
      paramLabel = "FILE",
      description =
          "Keep out the node ids and networks in this file, which is read at the start. "
              + "Each line has an id or a network, a space, and when the ban ends, such as "
              + "10.0.0.0/8 2030-01-31T12:00:00Z. Default: nobody is banned.")
  private @Nullable Path file;

  /** What the file says; without one, nobody is banned. */
  BanList load() throws IOException {
    Path path = file;
    try {
      return path == null ? BanList.create() : BanList.load(path);
    } catch (NoSuchFileException e) {
      // A name that is mistyped must not let everyone in.
      throw new IOException(path + ": no such file (an empty one bans nobody)", e);
    }
  }
}
