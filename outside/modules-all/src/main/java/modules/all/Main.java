package modules.all;

import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.channel.disk.DiskChannelStore;
import io.fluxwire.channel.redis.RedisChannelStore;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.page.DisposableNodePage;
import io.fluxwire.page.NodeMonitor;
import io.fluxwire.page.NodePage;
import io.fluxwire.rsocket.CloseablePeerServer;
import io.fluxwire.rsocket.FluxwireClientTransport;
import io.fluxwire.rsocket.FluxwireRSocket;
import io.fluxwire.rsocket.FluxwireServerTransport;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.rsocket.Payload;
import io.rsocket.RSocket;
import io.rsocket.SocketAcceptor;
import io.rsocket.util.DefaultPayload;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Mono;

/** Uses each module once, so that what it needs has to be there; Redis' only as a class. */
public final class Main {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private Main() {}

  public static void main(String[] args) throws Exception {
    String greeting = byRSocket(NodeKey.generate());
    long stored = onDisk(NodeKey.generate(), Files.createTempDirectory("modules"));
    Module redis = RedisChannelStore.class.getModule();
    String pages = pages(NodeKey.generate());
    System.out.println(greeting + ", " + stored + " stored, " + redis.getName() + ", " + pages);
  }

  /** The page, its part that the browser runs, and what Jackson writes. */
  private static String pages(NodeKey key) throws IOException, InterruptedException {
    NodeMonitor monitor = new NodeMonitor();
    DisposablePeerServer server = monitor.watch(PeerServer.create(key).port(0)).bindNow();
    DisposableNodePage page = NodePage.of(monitor).id(key.id()).bindNow("localhost", 0);
    StringBuilder statuses = new StringBuilder("pages");
    HttpClient browser = HttpClient.newHttpClient();
    for (String path : List.of("", "page.js", "health", "peers")) {
      URI uri = URI.create(page.url()).resolve(path);
      statuses
          .append(' ')
          .append(
              browser
                  .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                  .statusCode());
    }
    page.dispose();
    server.disposeNow();
    return statuses.toString();
  }

  private static String byRSocket(NodeKey key) {
    CloseablePeerServer server =
        FluxwireRSocket.server()
            .acceptor(SocketAcceptor.forRequestResponse(Mono::just))
            .bindNow(
                FluxwireServerTransport.create(PeerServer.create(key, PacketCodec.raw()).port(0)));
    PeerClient<ByteBuf> client =
        PeerClient.create(NodeKey.generate(), PacketCodec.raw())
            .remote("localhost", server.server().port())
            .expect(key.id());
    RSocket rsocket =
        FluxwireRSocket.connector(key.id()).connect(FluxwireClientTransport.create(client)).block();
    String answer =
        rsocket.requestResponse(DefaultPayload.create("hello")).map(Payload::getDataUtf8).block();
    rsocket.dispose();
    server.dispose();
    return answer;
  }

  /** Without a connection, since it is the store that is asked. */
  private static long onDisk(NodeKey peer, Path folder) {
    PeerChannel<ByteBuf> channel =
        PeerClient.create(NodeKey.generate(), PacketCodec.raw())
            .remote("localhost", 1)
            .expect(peer.id())
            .channel("modules", ChannelSpec.of(DiskChannelStore.create(folder)))
            .block(LIMIT);
    ByteBuf packet = Unpooled.copiedBuffer("a line of more than 16 bytes", StandardCharsets.UTF_8);
    long stored = channel.sendOne(packet).block(LIMIT);
    channel.close().block(LIMIT);
    return stored;
  }
}
