package io.fluxwire.node;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.fluxwire.identity.NodeKey;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/** What all commands that connect have in common. */
final class KeyOptions {

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description =
          "This node's key file, as 'fluxwire keygen FILE' makes it. Default: a new key, "
              + "which is thrown away at the end.")
  private @Nullable Path file;

  /** While the command line is parsed, so that nothing is done before it. */
  @Option(
      names = {"-v", "--verbose"},
      arity = "0",
      description = "Tell more on standard error; -vv tells all.")
  void verbose(boolean[] given) {
    ((Logger) LoggerFactory.getLogger("io.fluxwire"))
        .setLevel(given.length > 1 ? Level.TRACE : Level.DEBUG);
  }

  /** Whether the key is the same one each time. */
  boolean isGiven() {
    return file != null;
  }

  NodeKey nodeKey() throws IOException {
    Path path = file;
    return path == null ? NodeKey.generate() : NodeKey.load(path);
  }
}
