package io.fluxwire.node;

import io.fluxwire.NodeId;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.MemoryChannelStore;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.dial.ReconnectSpec;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.node.proto.NodePkt;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.page.NodeMonitor;
import io.fluxwire.session.SessionTimeouts;
import io.fluxwire.testing.FaultProxy;
import java.time.Duration;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Two nodes in this process that stream to each other over a channel, with a network between them
 * that breaks its connections, slows them and garbles their bytes; over loopback.
 */
final class ChaosRun {

  /** What a run that has completed may say. */
  static final String ALL_WELL = "every packet arrived once and in order, each byte as it was sent";

  private static final Duration LIMIT = Duration.ofSeconds(1);

  /** From when on it is silent: longer than a busy machine pauses. */
  private static final Duration SILENCE = Duration.ofMillis(200);

  /** How long nothing may come once the network is sound again. */
  private static final Duration HEAL_LIMIT = Duration.ofSeconds(30);

  /** Little enough that the age of the oldest packet is the network's and not a queue's. */
  private static final long MAX_BYTES = 1 << 20;

  private static final ReconnectSpec RECONNECT =
      ReconnectSpec.create(Duration.ofMillis(10), Duration.ofMillis(500)).stableAfter(LIMIT);

  private final NodeMonitor monitor;
  private final UpgradePolicy upgrade;
  private final NodeKey alice = NodeKey.generate();
  private final NodeKey bob = NodeKey.generate();
  private final CheckedStream atAlice;
  private final CheckedStream atBob;
  private final DisposablePeerServer listener;
  private final FaultProxy proxy;
  private final Chaos chaos;
  private volatile boolean complete;

  /**
   * Starts to listen.
   *
   * @param seed decides bodies and faults
   * @param maxBody the size of the largest body, in bytes
   * @param monitor sees all of it
   * @param upgrade how the two upgrade their sessions
   */
  ChaosRun(long seed, int maxBody, NodeMonitor monitor, UpgradePolicy upgrade) {
    SoakPackets alices = new SoakPackets(seed, maxBody);
    SoakPackets bobs = new SoakPackets(~seed, maxBody);
    this.monitor = monitor;
    this.upgrade = upgrade;
    monitor.name(alice.id(), "alice");
    monitor.name(bob.id(), "bob");
    this.atAlice = new CheckedStream(alices, bobs, monitor::roundTrip);
    this.atBob = new CheckedStream(bobs, alices, monitor::roundTrip);
    this.listener =
        monitor
            .watch(
                PeerServer.create(alice, codec())
                    .host("127.0.0.1")
                    .upgrade(upgrade)
                    .timeouts(ChaosRun::timeouts)
                    .channels(spec(atAlice), atAlice::on))
            .bindNow();
    this.proxy = FaultProxy.startNow(listener.address());
    this.chaos = new Chaos(proxy, seed);
  }

  private static PacketCodec<NodePkt> codec() {
    return PacketCodec.protobuf(NodePkt.getDefaultInstance());
  }

  private static SessionTimeouts timeouts(SessionTimeouts defaults) {
    return defaults.handshake(LIMIT).idle(LIMIT).write(LIMIT).frame(LIMIT);
  }

  /** In memory, since nothing but connections breaks here. */
  private ChannelSpec spec(CheckedStream stream) {
    return monitor.watch(
        ChannelSpec.of(MemoryChannelStore.create()).maxBytes(MAX_BYTES).observe(stream));
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
   * Streams under faults for the time given, then waits on a sound network until each end has
   * acknowledged all that the other one sent.
   *
   * @param end ends the faults
   * @param every how often to tell
   * @param tell is told of the state
   * @return completes when all has come; errors when something else came, or nothing any more
   */
  Mono<Void> run(Mono<?> end, Duration every, Consumer<ChaosRun> tell) {
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
            .then(Mono.defer(this::allAcknowledged))
            .then(Mono.fromRunnable(this::checkCounts));
    Mono<Void> telling =
        Flux.interval(every).onBackpressureDrop().doOnNext(tick -> tell.accept(this)).then();
    // Telling and looking for faults only end by an error.
    Mono<Void> watched =
        Mono.firstWithSignal(course, Mono.when(telling, atAlice.broken(), atBob.broken()));
    return Mono.usingWhen(
        monitor
            .watch(
                PeerClient.create(bob, codec())
                    .remote(proxy.address())
                    .expect(alice.id())
                    .upgrade(upgrade)
                    .timeouts(ChaosRun::timeouts)
                    .reconnect(reconnect -> RECONNECT))
            .channel("chaos", spec(atBob)),
        channel -> Mono.firstWithSignal(watched, atBob.on(channel).then(Mono.never())),
        PeerChannel::close);
  }

  private Mono<Void> allAcknowledged() {
    return Mono.firstWithSignal(
        Mono.when(atAlice.acknowledged(), atBob.acknowledged()),
        Flux.interval(SILENCE)
            .onBackpressureDrop()
            .filter(tick -> silence().compareTo(HEAL_LIMIT) > 0)
            .next()
            .flatMap(tick -> Mono.error(this::nothingComes)));
  }

  private Duration silence() {
    Duration alices = atAlice.silence();
    return alices.compareTo(atBob.silence()) < 0 ? alices : atBob.silence();
  }

  private IllegalStateException nothingComes() {
    return new IllegalStateException(
        "nothing has come for %d s although the network is sound; the last fault was %s"
            .formatted(HEAL_LIMIT.toSeconds(), chaos.latest()));
  }

  /** That all is acknowledged is what the channel says: the streams have counted themselves. */
  private void checkCounts() {
    complete = true;
    long lost = sent() - packets();
    if (lost != 0) {
      throw new IllegalStateException(
          "%,d packets were acknowledged, and never delivered".formatted(lost));
    }
  }

  /** What went and what came, for a person. */
  String account() {
    long missing = sent() - packets();
    long skipped = atAlice.missing() + atBob.missing();
    return "sent %,d packets, delivered %,d: %,d duplicates, %,d lost%s; %,d reconnects, %,d packets sent again"
        .formatted(
            sent(),
            packets(),
            atAlice.duplicates() + atBob.duplicates(),
            complete ? missing : skipped,
            complete ? "" : ", %,d not there when it ended".formatted(missing),
            Math.max(connections() - 1, 0),
            atAlice.resent() + atBob.resent());
  }

  /** Stops listening; blocks until all is closed. */
  void close() {
    proxy.dispose();
    listener.disposeNow(Duration.ofSeconds(10));
  }

  long sent() {
    return atAlice.sent() + atBob.sent();
  }

  long packets() {
    return atAlice.delivered() + atBob.delivered();
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
