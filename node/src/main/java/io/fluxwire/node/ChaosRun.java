package io.fluxwire.node;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.dial.ReconnectSpec;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.node.page.Monitor;
import io.fluxwire.node.page.Monitor.Direction;
import io.fluxwire.node.proto.NodePkt;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.testing.FaultProxy;
import java.time.Duration;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Two nodes in this process that stream to each other, with a network between them that breaks
 * their connections, slows them and garbles their bytes; over loopback.
 */
final class ChaosRun {

  private static final Duration LIMIT = Duration.ofSeconds(1);

  /** From when on it is silent: longer than a busy machine pauses. */
  private static final Duration SILENCE = Duration.ofMillis(200);

  /** How long nothing may come once the network is sound again. */
  private static final Duration HEAL_LIMIT = Duration.ofSeconds(30);

  private static final ReconnectSpec RECONNECT =
      ReconnectSpec.create(Duration.ofMillis(10), Duration.ofMillis(500)).stableAfter(LIMIT);

  private final Monitor monitor;
  private final UpgradePolicy upgrade;
  private final NodeKey alice = NodeKey.generate();
  private final NodeKey bob = NodeKey.generate();
  private final ResumingStream atAlice;
  private final ResumingStream atBob;
  private final DisposablePeerServer listener;
  private final FaultProxy proxy;
  private final Chaos chaos;

  /**
   * Starts to listen.
   *
   * @param seed decides bodies and faults
   * @param maxBody the size of the largest body, in bytes
   * @param monitor sees all of it
   * @param upgrade whether and how the two upgrade their sessions
   */
  ChaosRun(long seed, int maxBody, Monitor monitor, UpgradePolicy upgrade) {
    long other = ~seed;
    this.monitor = monitor;
    this.upgrade = upgrade;
    monitor.name(alice.id(), "alice");
    monitor.name(bob.id(), "bob");
    this.atAlice = new ResumingStream(seed, other, maxBody);
    this.atBob = new ResumingStream(other, seed, maxBody);
    PacketCodec<NodePkt> codec = PacketCodec.protobuf(NodePkt.getDefaultInstance());
    this.listener =
        monitor
            .watch(
                PeerServer.create(codec)
                    .host("127.0.0.1")
                    .nodeKey(alice)
                    .upgrade(upgrade)
                    .timeouts(
                        timeouts -> timeouts.handshake(LIMIT).idle(LIMIT).write(LIMIT).frame(LIMIT))
                    .handle(peer -> atAlice.on(watched(peer, Direction.INBOUND))))
            .bindNow();
    this.proxy = FaultProxy.startNow(listener.address());
    this.chaos = new Chaos(proxy, seed);
  }

  FaultProxy network() {
    return proxy;
  }

  NodeId alice() {
    return alice.id();
  }

  NodeId bob() {
    return bob.id();
  }

  /**
   * Streams under faults for the time given, then waits on a sound network until each end has all
   * that the other one made.
   *
   * @param end ends the faults
   * @param every how often to tell
   * @param tell is told of the state
   * @return completes when all has come; errors when something else came, or nothing any more
   */
  Mono<Void> run(Mono<?> end, Duration every, Consumer<ChaosRun> tell) {
    Flux<Void> dialling =
        monitor
            .watch(
                PeerClient.create(PacketCodec.protobuf(NodePkt.getDefaultInstance()))
                    .remote(proxy.address())
                    .expect(alice.id())
                    .nodeKey(bob)
                    .upgrade(upgrade)
                    .timeouts(
                        timeouts -> timeouts.handshake(LIMIT).idle(LIMIT).write(LIMIT).frame(LIMIT))
                    .reconnect(spec -> RECONNECT))
            .connections()
            .concatMap(peer -> atBob.on(watched(peer, Direction.OUTBOUND)), 0);
    Mono<Void> course =
        chaos
            .run()
            .takeUntilOther(end)
            .then(
                Mono.fromRunnable(
                    () -> {
                      atAlice.finish();
                      atBob.finish();
                    }))
            .then(Mono.defer(this::allArrived));
    Flux<Void> telling =
        Flux.interval(every)
            .onBackpressureDrop()
            .doOnNext(tick -> tell.accept(this))
            .thenMany(Flux.never());
    // Dialling, telling and looking for corruption only end by an error.
    return Mono.firstWithSignal(
        course, Flux.merge(dialling, telling, atAlice.corrupted(), atBob.corrupted()).then());
  }

  private PeerConnection<NodePkt> watched(PeerConnection<NodePkt> peer, Direction direction) {
    return monitor.watch(peer, direction, NodePkt::getSerializedSize);
  }

  private Mono<Void> allArrived() {
    return Flux.interval(Duration.ofMillis(20)).takeUntil(tick -> hasAllArrived()).then();
  }

  private boolean hasAllArrived() {
    long missing = atAlice.made() + atBob.made() - packets();
    if (missing > 0
        && atAlice.silence().compareTo(HEAL_LIMIT) > 0
        && atBob.silence().compareTo(HEAL_LIMIT) > 0) {
      throw new IllegalStateException(
          "nothing has come for %d s although the network is sound; %,d packets are missing, the last fault was %s"
              .formatted(HEAL_LIMIT.toSeconds(), missing, chaos.latest()));
    }
    return missing == 0;
  }

  /** Stops listening; blocks until all is closed. */
  void close() {
    proxy.dispose();
    listener.disposeNow(Duration.ofSeconds(10));
  }

  long packets() {
    return atAlice.packets() + atBob.packets();
  }

  long bytes() {
    return atAlice.bytes() + atBob.bytes();
  }

  long connections() {
    return atBob.connections();
  }

  boolean isStreaming() {
    return atBob.silence().compareTo(SILENCE) < 0;
  }

  Chaos chaos() {
    return chaos;
  }

  /** How long nothing came, at either end, each time that a connection took over. */
  Histogram gapNanos() {
    Histogram both = atAlice.gapNanos().copy();
    both.add(atBob.gapNanos());
    return both;
  }
}
