package io.fluxwire.node;

import io.fluxwire.identity.NodeKey;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Makes a key file. */
@Command(
    name = "keygen",
    description = "Make a key file, readable by its owner only, and print its node id.")
final class KeygenCommand implements Callable<Integer> {

  @ParentCommand private Main main;

  @Parameters(paramLabel = "FILE", description = "The file to make; never overwritten.")
  private Path file;

  @Override
  public Integer call() throws IOException {
    NodeKey key = NodeKey.generate();
    try {
      key.save(file);
    } catch (NoSuchFileException e) {
      throw new IOException(file + ": its folder does not exist", e);
    }
    main.out().say(key.id().toString());
    return 0;
  }
}
