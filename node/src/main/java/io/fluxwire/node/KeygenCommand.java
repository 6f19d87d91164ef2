package io.fluxwire.node;

import io.fluxwire.identity.NodeKey;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Makes a key file. */
@Command(
    name = "keygen",
    description = "Make a key file that only its owner can read, and print its node id.")
final class KeygenCommand implements Callable<Integer> {

  @ParentCommand private Main main;

  @Parameters(
      paramLabel = "FILE",
      description = "The file to make. A file that is there already is never overwritten.")
  private Path file;

  @Override
  public Integer call() throws IOException {
    NodeKey key = NodeKey.generate();
    try {
      key.save(file);
    } catch (NoSuchFileException e) {
      throw new IOException(file + ": its folder does not exist (make it first)", e);
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (FileSystemException e) {
      // It names a file that is only there while the key is written.
      throw new IOException("%s: cannot be written: %s".formatted(file, reason(e)), e);
    }
    main.out().say(key.id().toString());
    return 0;
  }

  private static String reason(FileSystemException failure) {
    return failure instanceof AccessDeniedException
        ? "permission denied"
        : Objects.requireNonNullElse(failure.getReason(), "the file system refuses");
  }
}
