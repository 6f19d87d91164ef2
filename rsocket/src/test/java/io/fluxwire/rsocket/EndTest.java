package io.fluxwire.rsocket;

import static io.fluxwire.rsocket.Peers.get;
import static io.fluxwire.rsocket.Peers.payload;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.handshake.UpgradePolicy;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.rsocket.Payload;
import io.rsocket.RSocket;
import io.rsocket.SocketAcceptor;
import io.rsocket.core.RSocketConnector;
import io.rsocket.core.RSocketServer;
import io.rsocket.core.Resume;
import io.rsocket.exceptions.ConnectionErrorException;
import io.rsocket.frame.ErrorFrameCodec;
import io.rsocket.frame.FrameHeaderCodec;
import io.rsocket.frame.FrameType;
import io.rsocket.frame.RequestFireAndForgetFrameCodec;
import io.rsocket.frame.ResumeFrameCodec;
import io.rsocket.frame.SetupFrameCodec;
import io.rsocket.util.DefaultPayload;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;

/** How connections end, and what is said of it. */
@Timeout(120)
class EndTest {

  private static final RSocket SILENT =
      new RSocket() {
        @Override
        public Mono<Payload> requestResponse(Payload payload) {
          payload.release();
          return Mono.never();
        }
      };

  private static SocketAcceptor silent() {
    return SocketAcceptor.with(SILENT);
  }

  private static ByteBuf packet(ByteBuf... frames) {
    return PackedFrames.pack(List.of(frames), ByteBufAllocator.DEFAULT);
  }

  private static ByteBuf setup(ByteBuf token) {
    return SetupFrameCodec.encode(
        ByteBufAllocator.DEFAULT,
        false,
        20_000,
        60_000,
        token,
        "a/b",
        "a/b",
        DefaultPayload.create(""));
  }

  private static PeerDuplexConnection accepted(Peers peers) {
    return Eventually.get(() -> peers.accepted.isEmpty() ? null : peers.accepted.get(0));
  }

  private static Throwable failureOf(Mono<?> mono) {
    return Exceptions.unwrap(mono.materialize().block(Peers.PATIENCE).getThrowable());
  }

  @Test
  void aCloseInGoodOrderIsOneOnBothSides() {
    for (UpgradePolicy upgrade : List.of(UpgradePolicy.off(), UpgradePolicy.required())) {
      try (Peers peers = new Peers(silent(), upgrade, server -> server)) {
        RSocket client = peers.rsocket();
        PeerDuplexConnection other = accepted(peers);
        CompletableFuture<Throwable> pending =
            client
                .requestResponse(payload("wait"))
                .map(answer -> (Throwable) new AssertionError(answer))
                .onErrorResume(Mono::just)
                .toFuture();
        client.dispose();

        client.onClose().block(Peers.PATIENCE);
        other.onClose().block(Peers.PATIENCE);
        assertThat(pending.orTimeout(60, TimeUnit.SECONDS).join())
            .isInstanceOf(ClosedChannelException.class);
      }
    }
  }

  @Test
  void whoLeavesInGoodOrderBeforeSetupWasNoFailure() {
    CopyOnWriteArrayList<PeerConnection<ByteBuf>> served = new CopyOnWriteArrayList<>();
    try (Peers peers =
        new Peers(
            silent(), UpgradePolicy.required(), server -> server.doOnConnection(served::add))) {
      PeerConnection<ByteBuf> dialer = peers.bare();
      PeerConnection<ByteBuf> other = Eventually.get(() -> served.isEmpty() ? null : served.get(0));
      dialer.close().block(Peers.PATIENCE);

      assertThat(get(other.onClose()).reason()).isEqualTo(Reason.CLOSED_BY_PEER);
    }
  }

  /** What errors nobody took while something was done with a server. */
  private static List<Throwable> dropped(Consumer<Peers> done) {
    List<Throwable> dropped = new CopyOnWriteArrayList<>();
    Hooks.onErrorDropped(dropped::add);
    try (Peers peers = new Peers(silent())) {
      done.accept(peers);
    } finally {
      Hooks.resetOnErrorDropped();
    }
    return dropped;
  }

  @Test
  void whoIsCutOffBeforeSetupLeavesNoErrorThatNobodyTakes() {
    assertThat(
            dropped(
                peers -> {
                  PeerConnection<ByteBuf> dialer = peers.bare();
                  PeerDuplexConnection served = accepted(peers);
                  dialer.dispose();
                  assertThat(failureOf(served.onClose()))
                      .isInstanceOf(ConnectionClosedException.class);
                }))
        .isEmpty();
  }

  @Test
  void whoIsRefusedBeforeSetupLeavesNoErrorThatNobodyTakes() {
    assertThat(
            dropped(
                peers -> {
                  PeerConnection<ByteBuf> dialer = peers.bare();
                  ByteBuf early =
                      RequestFireAndForgetFrameCodec.encode(
                          ByteBufAllocator.DEFAULT, 1, false, null, Unpooled.EMPTY_BUFFER);
                  dialer.sendOne(packet(early)).subscribe();
                  List<String> answers =
                      dialer
                          .receive()
                          .map(PackedFrames::next)
                          .map(ErrorFrameCodec::dataUtf8)
                          .collectList()
                          .block(Peers.PATIENCE);
                  assertThat(answers).singleElement().asString().contains("SETUP");
                  accepted(peers).onClose().block(Peers.PATIENCE);
                }))
        .isEmpty();
  }

  @Test
  void aLineThatIsCutIsAnError() {
    try (Peers peers = new Peers(silent())) {
      PeerConnection<ByteBuf> dialer = peers.bare();
      get(dialer.sendOne(packet(setup(Unpooled.EMPTY_BUFFER))).thenReturn(true));
      PeerDuplexConnection other = accepted(peers);
      dialer.dispose();

      assertThat(failureOf(other.onClose()))
          .isInstanceOfSatisfying(
              PeerException.class,
              e -> assertThat(e.reason()).isIn(Reason.STREAM_TRUNCATED, Reason.CONNECTION_LOST));
    }
  }

  @Test
  void requestsThatHaveNoAnswerErrorWithWhatEndedTheConnection() {
    try (Peers peers = new Peers(silent())) {
      RSocket client = peers.rsocket();
      Mono<Payload> request = client.requestResponse(payload("wait"));
      CompletableFuture<Throwable> pending =
          request
              .map(answer -> (Throwable) new AssertionError(answer))
              .onErrorResume(Mono::just)
              .toFuture();
      accepted(peers)
          .failed(new ConnectionClosedException(Reason.WRITE_STALLED, "as a test wants it"));

      assertThat(pending.orTimeout(60, TimeUnit.SECONDS).join())
          .isInstanceOf(ConnectionErrorException.class)
          .hasMessageMatching("(STREAM_TRUNCATED|CONNECTION_LOST): .*");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "00000a 00000001fe0000000000 010203",
        "000006 000000021000 00000000000000",
        "000020 000000012400 00000000000000",
        "000006 00000001fc00 00000000000000",
        "00000a 00000001200000000000 000000",
        "ffffffffffffffffffffffffffffffff",
      })
  void whatIsNoRSocketEndsTheConnectionWithItsReason(String bytes) {
    AtomicInteger asked = new AtomicInteger();
    SocketAcceptor counting =
        (setup, requester) -> {
          asked.incrementAndGet();
          return Mono.just(SILENT);
        };
    try (Peers peers = new Peers(counting)) {
      PeerConnection<ByteBuf> dialer = peers.bare();
      // Or it would hear of the end only when the drain timeout has passed.
      dialer.receive().subscribe(more -> {}, e -> {});
      byte[] packet = ByteBufUtil.decodeHexDump(bytes.replace(" ", ""));
      dialer.sendOne(Unpooled.wrappedBuffer(packet)).subscribe(null, e -> {});
      PeerDuplexConnection other = accepted(peers);

      assertThat(failureOf(other.onClose()))
          .isInstanceOfSatisfying(
              PeerException.class, e -> assertThat(e.reason()).isEqualTo(Reason.PACKET_MALFORMED));
      assertThat(dialer.onClose().block(Peers.PATIENCE).cause())
          .hasMessageContaining("the peer did not send RSocket frames");
      assertThat(asked).hasValue(0);
    }
  }

  @Test
  void aPeerThatFinishesNoPayloadIsToldSo() {
    try (Peers peers = new Peers(silent())) {
      PeerConnection<ByteBuf> dialer = peers.bare();
      dialer.receive().subscribe(more -> {}, e -> {});
      byte[] part = new byte[900 * 1024];
      Flux.range(0, 12)
          .map(
              i ->
                  RequestFireAndForgetFrameCodec.encode(
                      ByteBufAllocator.DEFAULT,
                      2 * i + 1,
                      true,
                      null,
                      Unpooled.wrappedBuffer(part)))
          .startWith(setup(Unpooled.EMPTY_BUFFER))
          .concatMap(frame -> dialer.sendOne(packet(frame)))
          .subscribe(null, e -> {});
      PeerDuplexConnection other = accepted(peers);

      assertThat(failureOf(other.onClose()))
          .isInstanceOfSatisfying(
              PeerException.class, e -> assertThat(e.reason()).isEqualTo(Reason.PAYLOAD_TOO_LARGE));
      assertThat(other.streams().unfinished())
          .isBetween(9L * part.length, (long) FluxwireRSocket.MAX_UNFINISHED);
    }
  }

  @Test
  void anErrorThatIsSentArrivesAndThenTheConnectionIsClosed() {
    SocketAcceptor refusing =
        (setup, requester) -> Mono.error(new IllegalStateException("not today"));
    try (Peers peers = new Peers(refusing)) {
      RSocket client = peers.rsocket();

      assertThat(failureOf(client.requestResponse(payload("hello"))))
          .hasMessageContaining("not today");
      accepted(peers).onClose().block(Peers.PATIENCE);
    }
  }

  @Test
  void aClientThatWantsToResumeHearsOfChannels() {
    try (Peers peers = new Peers(silent())) {
      RSocketConnector connector =
          FluxwireRSocket.connector(peers.serverKey.id())
              .resume(new Resume().token(() -> Unpooled.wrappedBuffer(new byte[] {1})));

      RSocket client = get(connector.connect(peers.transport()));

      assertThat(failureOf(client.requestResponse(payload("hello"))))
          .hasMessageContaining("docs/channels.md");
    }
  }

  @Test
  void aServerResumesNothingWhateverItIsSetTo() {
    SocketAcceptor none = silent();
    RSocketServer resuming = FluxwireRSocket.server().acceptor(none).resume(new Resume());
    ByteBuf token = Unpooled.wrappedBuffer(new byte[] {1, 2, 3});
    for (boolean again : new boolean[] {false, true}) {
      ByteBuf first =
          again ? ResumeFrameCodec.encode(ByteBufAllocator.DEFAULT, token, 0, 0) : setup(token);
      try (Peers peers =
          new Peers(
              none,
              UpgradePolicy.required(),
              server -> server,
              handler -> RSocketHandler.of(resuming))) {
        PeerConnection<ByteBuf> dialer = peers.bare();
        dialer.sendOne(packet(first)).subscribe();
        List<String> answers =
            dialer
                .receive()
                .map(PackedFrames::next)
                .map(
                    frame ->
                        FrameHeaderCodec.frameType(frame) + " " + ErrorFrameCodec.dataUtf8(frame))
                .collectList()
                .block(Peers.PATIENCE);

        assertThat(answers)
            .singleElement()
            .asString()
            .contains(FrameType.ERROR + " RSocket's resume");
      }
    }
  }
}
