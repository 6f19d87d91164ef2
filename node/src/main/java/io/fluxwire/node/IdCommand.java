package io.fluxwire.node;

import io.fluxwire.identity.NodeKey;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Prints a key's node id. */
@Command(name = "id", description = "Print the node id of a key file.")
final class IdCommand implements Callable<Integer> {

  @ParentCommand private Main main;

  @Parameters(paramLabel = "FILE", description = "A key file, as 'fluxwire keygen FILE' makes it.")
  private Path file;

  @Override
  public Integer call() throws IOException {
    main.out().say(NodeKey.load(file).id().toString());
    return 0;
  }
}
