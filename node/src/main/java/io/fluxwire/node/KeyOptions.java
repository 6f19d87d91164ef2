package io.fluxwire.node;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.fluxwire.NodeKey;
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
      description = "This node's key file (see keygen). Default: a throw-away key.")
  private @Nullable Path file;

  @Option(
      names = {"-v", "--verbose"},
      description = "Tell more on standard error; -vv tells all.")
  private boolean @Nullable [] verbose;

  NodeKey nodeKey() throws IOException {
    applyVerbosity();
    Path path = file;
    return path == null ? NodeKey.generate() : NodeKey.load(path);
  }

  private void applyVerbosity() {
    int count = verbose == null ? 0 : verbose.length;
    if (count > 0) {
      ((Logger) LoggerFactory.getLogger("io.fluxwire"))
          .setLevel(count > 1 ? Level.TRACE : Level.DEBUG);
    }
  }
}
