package io.fluxwire.node;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.dial.ReconnectSpec;
import io.fluxwire.handshake.Dialect;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.node.proto.NodePkt;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.page.NodeMonitor;
import io.fluxwire.testing.FaultProxy;
import io.netty.channel.ChannelOption;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Two nodes in this process that stream to each other as fast as they can. With a network between
 * them that can be broken, the one dials again when its connection is lost.
 */
final class DemoRun {

  /** A ping waits behind what is in the sockets; the system's default holds megabytes. */
  private static final int SOCKET_BUFFER = 256 * 1024;

  /** Soon enough to be seen, late enough to see the link down before. */
  private static final ReconnectSpec RECONNECT =
      ReconnectSpec.create(Duration.ofSeconds(1), Duration.ofSeconds(3))
          .stableAfter(Duration.ofSeconds(5));

  /** How long a network may be silent until each end gives its connection up. */
  private static final Duration SILENCE = Duration.ofSeconds(5);

  private final NodeKey alice = NodeKey.generate();
  private final NodeKey bob = NodeKey.generate();
  private final NodeMonitor monitor;
  private final Dialect dialect;
  private final UpgradePolicy upgrade;
  private final DemoStream atAlice;
  private final DemoStream atBob;
  private final DisposablePeerServer listener;
  private final @Nullable FaultProxy network;
  private final Sinks.One<NodeId> accepted = Sinks.one();
  private final AtomicReference<@Nullable PeerConnection<NodePkt>> dialled =
      new AtomicReference<>();

  /**
   * Starts to listen.
   *
   * @param size the size of a packet's body, in bytes
   * @param monitor sees all of it
   * @param dialect what the two speak
   * @param upgrade whether and how the two upgrade their sessions
   * @param breakable whether there is a network that can be broken
   */
  DemoRun(
      int size, NodeMonitor monitor, Dialect dialect, UpgradePolicy upgrade, boolean breakable) {
    this.monitor = monitor;
    this.dialect = dialect;
    this.upgrade = upgrade;
    this.atAlice = new DemoStream(DemoStream.Role.FOLLOWS, size, monitor::roundTrip);
    this.atBob = new DemoStream(DemoStream.Role.OPENS, size, monitor::roundTrip);
    monitor.name(alice.id(), "alice");
    monitor.name(bob.id(), "bob");
    PeerServer<NodePkt> server =
        PeerServer.create(codec())
            .host("127.0.0.1")
            .tcp(
                tcp ->
                    tcp.option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER)
                        .childOption(ChannelOption.SO_SNDBUF, SOCKET_BUFFER))
            .nodeKey(alice)
            .dialects(dialect)
            .upgrade(upgrade)
            .handle(this::answer);
    this.listener = monitor.watch(breakable ? patient(server) : server).bindNow();
    this.network = breakable ? FaultProxy.startNow(listener.address()) : null;
  }

  private static PeerServer<NodePkt> patient(PeerServer<NodePkt> server) {
    return server.timeouts(timeouts -> timeouts.handshake(SILENCE).idle(SILENCE).write(SILENCE));
  }

  private static PacketCodec<NodePkt> codec() {
    return PacketCodec.protobuf(NodePkt.getDefaultInstance());
  }

  private Mono<Void> answer(PeerConnection<NodePkt> peer) {
    accepted.tryEmitValue(peer.remoteId());
    monitor.ping(peer);
    return atAlice
        .on(peer)
        // The end of the demo closes its connections in good order; a lost one is bob's to dial.
        .onErrorResume(PeerException.class, ended -> peer.onClose().then());
  }

  /**
   * Dials and streams until it is cancelled.
   *
   * @param onConnected given each connection once it is up
   * @param onLost told why it is lost, for a person
   * @return errors when a packet came that was not due, or when the connection ends and there is no
   *     network to blame
   */
  Mono<Void> run(Consumer<? super PeerConnection<?>> onConnected, Consumer<String> onLost) {
    PeerClient<NodePkt> client =
        monitor.watch(
            PeerClient.create(codec())
                .remote("localhost", dialledAddress().getPort())
                .tcp(
                    tcp ->
                        tcp.option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER)
                            .option(ChannelOption.SO_SNDBUF, SOCKET_BUFFER))
                .nodeKey(bob)
                .dialect(dialect)
                .upgrade(upgrade)
                .expect(alice.id()));
    Mono<Void> streaming =
        network == null
            ? client.connect().flatMap(peer -> stream(peer, onConnected))
            : client
                .timeouts(timeouts -> timeouts.handshake(SILENCE).idle(SILENCE).write(SILENCE))
                .reconnect(spec -> RECONNECT)
                .connections()
                .concatMap(peer -> untilLost(peer, onConnected, onLost), 0)
                .then();
    // That a connection broke is seen as well when a wrong packet broke it.
    return Flux.merge(atAlice.broken(), atBob.broken(), streaming).then();
  }

  private Mono<Void> untilLost(
      PeerConnection<NodePkt> peer,
      Consumer<? super PeerConnection<?>> onConnected,
      Consumer<String> onLost) {
    return stream(peer, onConnected)
        .onErrorResume(PeerException.class, ended -> Mono.empty())
        .then(peer.onClose())
        .doOnNext(reason -> onLost.accept(reason.toString()))
        .then();
  }

  private Mono<Void> stream(
      PeerConnection<NodePkt> peer, Consumer<? super PeerConnection<?>> onConnected) {
    dialled.set(peer);
    onConnected.accept(peer);
    monitor.ping(peer);
    return atBob.on(peer);
  }

  /** Closes all in good order; blocks until it is. */
  void close() {
    FaultProxy breakable = network;
    if (breakable != null) {
      breakable.resume();
    }
    PeerConnection<NodePkt> peer = dialled.get();
    if (peer != null) {
      peer.close().block();
    }
    listener.disposeNow(Duration.ofSeconds(10));
    if (breakable != null) {
      breakable.dispose();
    }
  }

  NodeId alice() {
    return alice.id();
  }

  InetSocketAddress address() {
    return (InetSocketAddress) listener.address();
  }

  private InetSocketAddress dialledAddress() {
    FaultProxy breakable = network;
    return breakable == null ? address() : breakable.address();
  }

  /** The network between the two; null where it cannot be broken. */
  @Nullable FaultProxy network() {
    return network;
  }

  /** Who dialled first, once somebody has. */
  Mono<NodeId> accepted() {
    return accepted.asMono();
  }

  DemoStream atAlice() {
    return atAlice;
  }

  DemoStream atBob() {
    return atBob;
  }
}
