package chat;

import io.fluxwire.NodeId;
import io.fluxwire.netty.DisposablePeerServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/** Listens for those whose node ids are the arguments, until the process is stopped. */
public final class Alice {

  private Alice() {}

  public static void main(String[] friends) throws IOException {
    try (DisposablePeerServer server =
        Chat.listen(
            Chat.key(Path.of("alice.key")),
            9735,
            Arrays.stream(friends).map(NodeId::parse).toList())) {
      System.out.println(server.id() + " listens on port " + server.port());
      server.onDispose().block();
    }
  }
}
