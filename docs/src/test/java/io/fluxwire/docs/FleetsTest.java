package io.fluxwire.docs;

import io.fluxwire.dial.AddressSource;
import io.fluxwire.fleet.FleetGroup;
import io.fluxwire.fleet.engine.MemoryEngine;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.group.PeerGroup.Received;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.packet.Hello;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Runs what the page on fleets shows, over sockets. */
class FleetsTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final NodeKey node = NodeKey.generate();
  private final NodeKey client = NodeKey.generate();
  private final MemoryEngine engine = MemoryEngine.create();
  private final FleetGroup<Pkt> one = Fleets.join(node, engine, "one");
  private final FleetGroup<Pkt> two = Fleets.join(node, engine, "two");
  private final List<Received<Pkt>> heard = new CopyOnWriteArrayList<>();
  private DisposablePeerServer first;
  private DisposablePeerServer second;

  @BeforeEach
  void start() {
    first = Fleets.listen(node, one);
    second = Fleets.listen(node, two);
    one.local().receive().subscribe();
    two.local().receive().subscribe();
  }

  @AfterEach
  void stop() {
    one.close();
    two.close();
    first.disposeNow(LIMIT);
    second.disposeNow(LIMIT);
  }

  private static SocketAddress here(DisposablePeerServer server) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port());
  }

  private static void until(Mono<?> condition) {
    condition.repeatWhenEmpty(times -> times.delayElements(Duration.ofMillis(20))).block(LIMIT);
  }

  /** A connection that lost the race of two addresses may be there for a moment. */
  private void tell(FleetGroup<Pkt> from) {
    int before = heard.size();
    Fleets.tell(from, client.id(), Hello.packet())
        .retryWhen(Retry.fixedDelay(100, Duration.ofMillis(50)))
        .block(LIMIT);
    until(Mono.fromSupplier(() -> heard.size() > before ? heard : null));
  }

  @Test
  void packetsReachAPeerThroughBothInstancesAndADrainMovesIt() {
    PeerGroup<Pkt> peer = PeerGroup.of(client.id());
    peer.receive().subscribe(heard::add);
    peer.add(
        node.id(),
        PeerClient.create(client, PacketCodec.pkt())
            .remote(AddressSource.of(here(first), here(second)))
            .expect(node.id())
            .reconnect(spec -> spec.backoff(Duration.ofMillis(1), Duration.ofMillis(20))));
    until(one.whereIs(client.id()));
    boolean isAtOne = one.self().equals(one.whereIs(client.id()).block(LIMIT));
    FleetGroup<Pkt> near = isAtOne ? one : two;
    FleetGroup<Pkt> far = isAtOne ? two : one;

    tell(near);
    tell(far);

    Fleets.stop(near, isAtOne ? first : second, Duration.ofMillis(100)).subscribe();
    until(far.whereIs(client.id()).filter(far.self()::equals));
    tell(far);
    peer.close();
  }
}
