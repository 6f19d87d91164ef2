package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.Undelivered;
import io.fluxwire.crypto.EphemeralKeys;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.internal.NettyListener;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.netty.tcp.TcpServer;

/** The end of a server with connections that still send. */
class ShutdownTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration FOR_EVER = Duration.ofHours(1);

  /** What a send asks for ahead: far more than sockets' buffers hold, in packets of 128 KiB. */
  private static final int HANDED_OVER = 128;

  private static final byte[] BODY = new byte[128 * 1024];

  private final AtomicLong pulled = new AtomicLong();
  private final Sinks.Empty<Void> sending = Sinks.empty();

  /** Sends for ever to each peer, as far as it takes it. */
  private PeerServer<ByteBuf> sender() {
    Flux<ByteBuf> packets =
        Flux.<ByteBuf>generate(
            sink -> {
              pulled.incrementAndGet();
              sink.next(Unpooled.wrappedBuffer(BODY));
            });
    return PeerServer.create(PacketCodec.raw())
        .host("127.0.0.1")
        .timeouts(timeouts -> timeouts.write(Duration.ZERO))
        .tcp(tcp -> tcp.childOption(ChannelOption.SO_SNDBUF, 128 * 1024))
        .handle(
            peer -> {
              Mono<Void> sent = peer.send(packets).onErrorComplete();
              return Mono.when(sent, Mono.fromRunnable(sending::tryEmitEmpty));
            });
  }

  private static PeerConnection<ByteBuf> connect(DisposablePeerServer server) {
    return PeerClient.create(PacketCodec.raw())
        .remote(server.address())
        .tcp(tcp -> tcp.option(ChannelOption.SO_RCVBUF, 128 * 1024))
        .connect()
        .block(LIMIT);
  }

  @Test
  void aPeerThatReadsGetsAllThatWasHandedOver() {
    DisposablePeerServer server = sender().timeouts(timeouts -> timeouts.drain(FOR_EVER)).bindNow();
    PeerConnection<ByteBuf> reader = connect(server);
    Mono<Long> received = reader.receive().count().cache();
    received.subscribe();
    sending.asMono().block(LIMIT);

    ShutdownReport report = server.disposeNow(LIMIT);

    assertThat(report).isEqualTo(new ShutdownReport(1, 0, Undelivered.NOTHING));
    assertThat(received.block(LIMIT)).isGreaterThanOrEqualTo(HANDED_OVER).isEqualTo(pulled.get());
    assertThat(server.disposeNow(LIMIT)).as("a second time").isEqualTo(report);
  }

  @Test
  void aPeerThatDoesNotReadIsCutAtTheDrainTimeout() {
    DisposablePeerServer server =
        sender().timeouts(timeouts -> timeouts.drain(Duration.ofMillis(100))).bindNow();
    PeerConnection<ByteBuf> deaf = connect(server);
    sending.asMono().block(LIMIT);

    assertIsAborted(server.disposeNow(LIMIT), server);
    deaf.dispose();
  }

  @Test
  void whatIsOpenAtTheTimeoutIsCut() {
    DisposablePeerServer server = sender().timeouts(timeouts -> timeouts.drain(FOR_EVER)).bindNow();
    PeerConnection<ByteBuf> deaf = connect(server);
    sending.asMono().block(LIMIT);

    assertIsAborted(server.disposeNow(Duration.ofMillis(100)), server);
    deaf.dispose();
  }

  @Test
  void closingWaitsUntilAllIsClosed() {
    PeerConnection<ByteBuf> reader;
    Mono<Long> received;
    DisposablePeerServer server = sender().timeouts(timeouts -> timeouts.drain(FOR_EVER)).bindNow();
    try (server) {
      reader = connect(server);
      received = reader.receive().count().cache();
      received.subscribe();
      sending.asMono().block(LIMIT);
    }

    assertThat(server.isDisposed()).isTrue();
    assertThat(server.peerCount()).isZero();
    assertThat(server.onDispose().toFuture()).as("its end, now").isCompleted();
    assertThat(received.block(LIMIT)).isEqualTo(pulled.get());
  }

  @Test
  void closingOnAnEventLoopDoesNotWait() {
    DisposablePeerServer server = sender().timeouts(timeouts -> timeouts.drain(FOR_EVER)).bindNow();
    PeerConnection<ByteBuf> reader = connect(server);
    sending.asMono().block(LIMIT);

    Mono<Boolean> ended =
        Mono.fromCallable(
                () -> {
                  server.close();
                  return server.onDispose().toFuture().isDone();
                })
            .subscribeOn(Schedulers.parallel());

    assertThat(ended.block(LIMIT)).as("has waited").isFalse();
    reader.dispose();
    server.onDispose().block(LIMIT);
  }

  private void assertIsAborted(ShutdownReport report, DisposablePeerServer server) {
    assertThat(report.drained()).isZero();
    assertThat(report.aborted()).isEqualTo(1);
    assertThat(report.undelivered().packets()).isBetween(HANDED_OVER / 2L, pulled.get());
    // The window, and the packet that goes beyond it.
    assertThat(report.undelivered().bytes()).isBetween((long) BODY.length, 3L * BODY.length);
    assertThat(server.peerCount()).isZero();
  }

  @Test
  void keysThatNobodyUsedAreWiped() {
    EphemeralKeys keys = EphemeralKeys.from(Secp256k1::preferred, Schedulers.immediate());
    DisposablePeerServer server =
        new DisposablePeerServer(
            new NettyListener(
                    TcpServer.create().host("127.0.0.1").port(0), UnaryOperator.identity())
                .bind(accepted -> {})
                .block(LIMIT),
            NodeKey.generate().id(),
            Mono.empty(),
            new ServerConnections(),
            keys,
            () -> {
              throw new AssertionError("nobody asks");
            });
    assertThat(keys.isDestroyed()).isFalse();

    server.disposeNow(LIMIT);

    assertThat(keys.isDestroyed()).isTrue();
  }

  @Test
  void handshakesAreBrokenOffAndNobodyElseGetsIn() throws Exception {
    DisposablePeerServer server = sender().timeouts(timeouts -> timeouts.drain(FOR_EVER)).bindNow();
    try (Socket silent = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      silent.setSoTimeout((int) LIMIT.toMillis());
      assertThat(silent.getInputStream().readNBytes(33)).as("its session key").hasSize(33);

      assertThat(server.disposeNow(LIMIT)).isEqualTo(ShutdownReport.NO_CONNECTIONS);
      assertThat(silent.getInputStream().read()).as("the end").isNegative();
    }
    assertThatThrownBy(() -> connect(server)).isInstanceOf(DialException.class);
  }
}
