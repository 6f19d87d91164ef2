package io.fluxwire.node;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the commands whose connections last have in common. */
final class KeepAliveOption {

  @Option(
      names = "--keep-alive",
      paramLabel = "TIME[,TIMEOUT]",
      description =
          "When a peer has been silent for this time (30s or more), ask whether it is "
              + "alive, and end the connection if it does not answer within the timeout. The "
              + "timeout is a third of the time unless it is given. For upgraded sessions; "
              + "others have no way to ask. Default: never.")
  private @Nullable KeepAlive keepAlive;

  @Nullable KeepAlive value() {
    return keepAlive;
  }
}
