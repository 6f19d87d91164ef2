package io.fluxwire.node;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the commands whose connections last have in common. */
final class KeepAliveOption {

  @Option(
      names = "--keep-alive",
      paramLabel = "TIME[,TIMEOUT]",
      description = {
        "Ask a peer that has been silent for so long whether it is alive, 30s at least, and end the",
        "connection if it does not answer within the timeout, a third of the time unless given. For",
        "upgraded sessions; others have nothing to ask with. Default: never."
      })
  private @Nullable KeepAlive keepAlive;

  @Nullable KeepAlive value() {
    return keepAlive;
  }
}
