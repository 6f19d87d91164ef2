package chat;

import io.fluxwire.NodeId;
import io.fluxwire.identity.NodeKey;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import reactor.core.publisher.Flux;

/** Tells Alice, whose node id is the first argument, the others, and prints what she answers. */
public final class Bob {

  private Bob() {}

  public static void main(String[] args) throws IOException {
    NodeKey key = Chat.key(Path.of("bob.key"));
    if (args.length == 0) {
      System.out.println(key.id());
      return;
    }
    InetSocketAddress where = InetSocketAddress.createUnresolved("localhost", 9735);
    Chat.dial(key, where, NodeId.parse(args[0]))
        .flatMapMany(peer -> Chat.talk(peer, Flux.fromArray(args).skip(1)))
        .doOnNext(System.out::println)
        .blockLast();
  }
}
