package io.fluxwire.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.access.BanList;
import io.fluxwire.access.CidrList;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.MemoryChannelStore;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;

/** Runs what the page of recipes shows. */
class RecipesTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final NodeKey alice = NodeKey.generate();

  private static PeerClient<Pkt> client(DisposablePeerServer server) {
    return PeerClient.create()
        .remote(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()))
        .expect(server.id());
  }

  @Test
  void whatIsStoppedHasEndedAndIsSaved(@TempDir Path folder) throws Exception {
    ChannelSpec spec = ChannelSpec.of(MemoryChannelStore.create());
    DisposablePeerServer server =
        PeerServer.create(alice).channels(spec, PeerChannel::onClose).bindNow();
    DisposablePeerServer other = PeerServer.create(NodeKey.generate()).bindNow();
    PeerChannel<Pkt> channel =
        client(server)
            .nodeKey(NodeKey.generate())
            .channel("feed", ChannelSpec.of(MemoryChannelStore.create()))
            .block(LIMIT);
    PeerLink<Pkt> link = client(other).link();
    link.connection().block(LIMIT);
    BanList bans = BanList.open(folder.resolve("bans"));
    bans.ban(NodeKey.generate().id(), Duration.ofHours(1));

    Recipes.stop(server, channel, link, bans);

    assertThat(server.isDisposed()).isTrue();
    channel.onClose().block(LIMIT);
    assertThat(link.isDisposed()).isTrue();
    assertThat(Files.readString(folder.resolve("bans"))).isNotEmpty();
    other.disposeNow(LIMIT);
  }

  @Test
  void packetsComeOverEachConnectionUntilTheLinkEnds() {
    PeerServer<Pkt> server =
        PeerServer.create(alice)
            .host("127.0.0.1")
            .handle(peer -> peer.sendOne(Hello.packet()).then(peer.receive().then()));
    DisposablePeerServer first = server.bindNow();
    PeerLink<Pkt> link =
        client(first).reconnect(spec -> spec.backoff(Duration.ofMillis(10), LIMIT)).link();
    BlockingQueue<Pkt> received = new LinkedTransferQueue<>();
    CompletableFuture<Throwable> end = new CompletableFuture<>();
    Recipes.overEachConnection(link).subscribe(received::add, end::complete);

    assertThat(next(received)).matches(Hello::is);
    first.disposeNow(LIMIT);
    DisposablePeerServer second = server.port(first.port()).bindNow();
    assertThat(next(received)).matches(Hello::is);

    link.dispose();
    assertThat(end.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join())
        .isInstanceOf(ConnectionClosedException.class);
    second.disposeNow(LIMIT);
  }

  private static <T> T next(BlockingQueue<T> queue) {
    try {
      return Objects.requireNonNull(queue.poll(LIMIT.toSeconds(), TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aServerForOneEndsWhenThatOneIsServedAndNotBefore() {
    List<Pkt> taken = new CopyOnWriteArrayList<>();
    AtomicInteger handled = new AtomicInteger();
    DisposablePeerServer server =
        Recipes.serveOne(
            PeerServer.create(alice),
            peer ->
                Recipes.takeOne(peer, taken::add).doOnSubscribe(on -> handled.incrementAndGet()));
    PeerConnection<Pkt> idle = client(server).connect().block(LIMIT);
    idle.close().block(LIMIT);
    assertThat(server.isDisposed()).isFalse();

    PeerConnection<Pkt> peer = client(server).connect().block(LIMIT);
    Pkt answer = peer.sendOne(Hello.packet()).then(peer.receive().next()).block(LIMIT);
    peer.close().block(LIMIT);

    server.onDispose().block(LIMIT);
    assertThat(answer).matches(Hello::is);
    assertThat(taken).hasSize(1);
    assertThat(handled).hasValue(2);
  }

  @Test
  void aServerForManyTakesMoreThanOneWithTheDefaults() {
    int more = 140;
    DisposablePeerServer server =
        Recipes.forMany(PeerServer.create(alice)).handle(peer -> peer.receive().then()).bindNow();
    List<?> peers =
        Flux.fromStream(IntStream.range(0, more).boxed())
            .flatMap(one -> client(server).connect(), 8)
            .collectList()
            .block(LIMIT);
    assertThat(peers).hasSize(more);
    server.disposeNow(LIMIT);
  }

  @Test
  void onlyPeersBehindABalancerShareItsAddress() {
    assertThat(connected("127.0.0.0/8", 12)).isEqualTo(12);
    assertThat(connected("192.0.2.0/24", 12)).isEqualTo(8);
  }

  /** How many of so many peers of one address get in. */
  private long connected(String balancers, int peers) {
    DisposablePeerServer server =
        Recipes.behindBalancers(PeerServer.create(alice), CidrList.of(balancers))
            .handle(peer -> peer.receive().then())
            .bindNow();
    PeerClient<Pkt> client = client(server);
    long connected =
        Flux.range(0, peers)
            .concatMap(one -> client.connect().onErrorComplete(DialException.class))
            .count()
            .block(LIMIT);
    server.disposeNow(LIMIT);
    return connected;
  }
}
