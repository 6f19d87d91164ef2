package modules;

import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.epoll.Epoll;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A server and a client of one process: what they say shows that all that they need is there. */
public final class Main {

  private Main() {}

  public static void main(String[] args) {
    NodeKey key = NodeKey.generate();
    try (DisposablePeerServer server =
        PeerServer.create(key, PacketCodec.raw())
            .port(0)
            .handle(peer -> peer.send(peer.receive().map(ByteBuf::retain)))
            .bindNow()) {
      Flux<String> answers =
          PeerClient.create(PacketCodec.raw())
              .remote("localhost", server.port())
              .expect(key.id())
              .connect()
              .flatMapMany(
                  peer ->
                      peer.receive()
                          .map(packet -> packet.toString(StandardCharsets.UTF_8))
                          .mergeWith(peer.send(Mono.fromCallable(Main::line)).then(Mono.empty())));
      String transport = Epoll.isAvailable() ? "epoll" : "NIO: " + Epoll.unavailabilityCause();
      System.out.println(answers.blockFirst(Duration.ofSeconds(30)) + ", by " + transport);
    }
  }

  private static ByteBuf line() {
    return Unpooled.copiedBuffer("a line of more than 16 bytes", StandardCharsets.UTF_8);
  }
}
