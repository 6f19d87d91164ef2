package io.fluxwire.benchmarks.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.access.Authorizer;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.InboundLimits;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/**
 * Peers that listen. All instances know them, and one instance at a time is to have a connection
 * with each. The peers keep every connection that they get, so that they see what the fleet does by
 * itself.
 */
final class TrialDials implements Disposable {

  /** Their keys are none of those of the peers that dial, or that have channels. */
  private static final int FIRST_KEY = 1_000_000;

  private static final int FIRST_PORT = 20_000;
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** How long a peer has to have one connection. */
  private static final Duration WHILE = Duration.ofSeconds(2);

  private static final Duration LOOK_AGAIN = Duration.ofMillis(20);
  private static final Duration SOONEST = Duration.ofMillis(100);
  private static final Duration LATEST = Duration.ofSeconds(2);

  private final List<DialSpans> spans;
  private final List<DisposablePeerServer> servers = new ArrayList<>();

  /**
   * Starts them.
   *
   * @param count how many
   * @param address where they listen
   */
  TrialDials(int count, String address) {
    spans = IntStream.range(0, count).mapToObj(i -> new DialSpans(System::nanoTime)).toList();
    for (int i = 0; i < count; i++) {
      DialSpans seen = spans.get(i);
      servers.add(
          PeerServer.create(TrialKeys.peer(FIRST_KEY + i), PacketCodec.raw())
              .host(address)
              .port(FIRST_PORT + i)
              .limits(limits -> InboundLimits.none())
              .authorize(Authorizer.anyone())
              .upgrade(upgrade())
              .handle(connection -> take(connection, seen))
              .bindNow(LIMIT));
    }
  }

  private static UpgradePolicy upgrade() {
    return UpgradePolicy.required().keepAlive(TrialPeers.PING, TrialPeers.SILENCE);
  }

  private static Mono<Void> take(PeerConnection<ByteBuf> connection, DialSpans seen) {
    seen.opened();
    connection.onClose().subscribe(reason -> seen.closed());
    return connection.receive().then();
  }

  /** Which nodes they are. */
  static List<NodeId> ids(int count) {
    return IntStream.range(FIRST_KEY, FIRST_KEY + count)
        .mapToObj(key -> TrialKeys.peer(key).id())
        .toList();
  }

  /** How an instance dials one of them. */
  static PeerClient<ByteBuf> client(int number, String address) {
    return PeerClient.create(TrialKeys.node(), PacketCodec.raw())
        .remote(address, FIRST_PORT + number)
        .expect(TrialKeys.peer(FIRST_KEY + number).id())
        .upgrade(upgrade())
        .reconnect(spec -> spec.backoff(SOONEST, LATEST));
  }

  /** Forgets what was before. */
  void begin() {
    spans.forEach(DialSpans::begin);
  }

  /**
   * Waits until each has had one connection for a while.
   *
   * @return whether that was within the limit
   */
  boolean settle(Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    while (!spans.stream().allMatch(seen -> seen.oneFor(WHILE))) {
      if (System.nanoTime() > end) {
        return false;
      }
      LockSupport.parkNanos(LOOK_AGAIN.toNanos());
    }
    return true;
  }

  /** What the peers have seen since the beginning, as a line of figures. */
  String seen() {
    return "of %d dials held by two: %s; held by none: %s"
        .formatted(
            spans.size(),
            text(spans.stream().mapToLong(DialSpans::longestWithTwo).toArray()),
            text(spans.stream().mapToLong(DialSpans::longestWithNone).toArray()));
  }

  private static String text(long[] nanos) {
    long[] some = LongStream.of(nanos).filter(span -> span > 0).sorted().toArray();
    return some.length == 0
        ? "none"
        : "%d, half of them %d ms, longest %d ms"
            .formatted(
                some.length, some[some.length / 2] / 1_000_000, some[some.length - 1] / 1_000_000);
  }

  @Override
  public void dispose() {
    servers.forEach(server -> server.disposeNow(LIMIT));
  }
}
