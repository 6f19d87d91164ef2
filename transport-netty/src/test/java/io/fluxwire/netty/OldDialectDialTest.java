package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.DialException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/** This side dials a node that speaks only the old dialect, well-behaved or not. */
@ParameterizedClass
@MethodSource("policies")
class OldDialectDialTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final byte[] NOTHING = {};

  static List<UpgradePolicy> policies() {
    return OldDialectTest.policies();
  }

  private final UpgradePolicy policy;
  private final NodeKey key = NodeKey.generate();
  private ServerSocket listener;

  /** What the old peer does once it has accepted; its result is what it found. */
  @FunctionalInterface
  private interface Script<T> {
    T play(OldPeer old) throws Exception;
  }

  OldDialectDialTest(UpgradePolicy policy) {
    this.policy = policy;
  }

  @BeforeEach
  void listen() throws IOException {
    listener = OldPeer.listen();
  }

  @AfterEach
  void stop() throws IOException {
    listener.close();
  }

  /** Plays on a thread of its own, and closes when the script has ended. */
  private <T> CompletableFuture<T> play(Script<T> script) {
    CompletableFuture<T> found = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              T result;
              try (OldPeer old = OldPeer.accept(listener)) {
                result = script.play(old);
              } catch (Exception | AssertionError e) {
                found.completeExceptionally(e);
                return;
              }
              found.complete(result);
            },
            "old peer");
    thread.setDaemon(true);
    thread.start();
    return found;
  }

  private static <T> T found(CompletableFuture<T> playing) throws Exception {
    return playing.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  private Mono<PeerConnection<Pkt>> dial() {
    return PeerClient.create()
        .nodeKey(key)
        .upgrade(policy)
        .remote((InetSocketAddress) listener.getLocalSocketAddress())
        .connect();
  }

  private DialException refused() {
    return catchThrowableOfType(DialException.class, () -> dial().block(LIMIT));
  }

  /** Why the session that the script makes and breaks ended. */
  private CloseReason endOf(Script<?> script) throws Exception {
    CompletableFuture<?> playing = play(script);
    PeerConnection<Pkt> peer = dial().block(LIMIT);
    peer.receive().subscribe(packet -> {}, failure -> {});
    CloseReason reason = peer.onClose().block(LIMIT);
    found(playing);
    return reason;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 16, 33, 47})
  void allThatTheOldPeerSendsMayArriveInPieces(int size) throws Exception {
    CompletableFuture<byte[]> playing =
        play(
            old -> {
              byte[] id = old.inPiecesOf(size).handshake();
              old.send(OldPeer.error("hello"));
              assertThat(old.receive()).startsWith(OldPeer.error("hello"));
              return id;
            });
    PeerConnection<Pkt> peer = dial().block(LIMIT);
    peer.send(Mono.just(Hello.packet())).block(LIMIT);

    assertThat(peer.receive().collectList().block(LIMIT)).singleElement().matches(Hello::is);
    assertThat(peer.onClose().block(LIMIT).reason()).isEqualTo(Reason.CLOSED_BY_PEER);
    assertThat(NodeId.of(found(playing))).isEqualTo(key.id());
  }

  @Test
  void anUnprovenPeerDoesNotLearnWhoDialled() throws Exception {
    CompletableFuture<byte[]> firstPayload =
        play(
            old -> {
              old.exchangeKeys();
              old.send(old.forgedAuthenticate());
              byte[] first = old.receive();
              assertThat(old.isAtEnd()).as("nothing follows").isTrue();
              return first;
            });

    assertThat(refused().reason()).isEqualTo(Reason.SIGNATURE_INVALID);
    // C2 02: `error`, where 92 03 would be `authenticate`.
    assertThat(found(firstPayload))
        .startsWith(0xc2, 0x02)
        .satisfies(
            payload ->
                assertThat(new String(payload, StandardCharsets.ISO_8859_1))
                    .contains("signature does not verify"));
  }

  @Test
  void anUnknownOddFieldOfAuthenticateIsIgnored() throws Exception {
    CompletableFuture<byte[]> playing =
        play(old -> old.handshake(OldPeer.field(1003, new byte[] {1, 2, 3})));
    PeerConnection<Pkt> peer = dial().block(LIMIT);

    assertThat(peer.receive().collectList().block(LIMIT)).isEmpty();
    assertThat(NodeId.of(found(playing))).isEqualTo(key.id());
  }

  @Test
  void anUnknownEvenFieldOfAuthenticateIsNamed() throws Exception {
    CompletableFuture<byte[]> firstPayload =
        play(
            old -> {
              old.exchangeKeys();
              old.send(old.authenticate(OldPeer.field(1002, NOTHING)));
              return old.receive();
            });

    assertThat(refused())
        .hasMessageContaining("field 1002")
        .extracting(DialException::reason)
        .isEqualTo(Reason.UNKNOWN_EVEN_FIELD);
    assertThat(new String(found(firstPayload), StandardCharsets.ISO_8859_1)).contains("field 1002");
  }

  @Test
  void anErrorInPlaceOfAuthenticateIsTheDialsFailure() throws Exception {
    CompletableFuture<?> playing =
        play(
            old -> {
              old.exchangeKeys();
              old.send(OldPeer.error("go away"));
              return old.isAtEnd();
            });

    assertThatThrownBy(() -> dial().block(LIMIT))
        .isInstanceOf(DialException.class)
        .cause()
        .isInstanceOfSatisfying(
            ConnectionClosedException.class, e -> assertThat(e.problem()).isEqualTo("go away"));
    assertThat(found(playing)).isEqualTo(true);
  }

  @Test
  void helloInPlaceOfAuthenticateIsNoProof() throws Exception {
    CompletableFuture<?> playing =
        play(
            old -> {
              old.exchangeKeys();
              old.send(OldPeer.error("hello"));
              return old.receive();
            });

    assertThat(refused().reason()).isEqualTo(Reason.AUTHENTICATE_MISSING);
    found(playing);
  }

  @Test
  void anEndInsideTheSessionKeyFailsTheDial() throws Exception {
    CompletableFuture<?> playing =
        play(
            old -> {
              old.sendHalfAKey();
              return true;
            });

    assertThat(refused().isRetryable()).isTrue();
    found(playing);
  }

  @Test
  void anEndInsideAuthenticateIsATruncation() throws Exception {
    CompletableFuture<?> playing =
        play(
            old -> {
              old.exchangeKeys();
              old.sendHalf(old.authenticate(NOTHING));
              return true;
            });

    assertThat(refused().reason()).isEqualTo(Reason.FRAME_TRUNCATED);
    found(playing);
  }

  @Test
  void anEndBeforeAuthenticateIsThePeersClosing() throws Exception {
    CompletableFuture<?> playing =
        play(
            old -> {
              old.exchangeKeys();
              return true;
            });

    assertThat(refused().reason()).isEqualTo(Reason.CLOSED_BY_PEER);
    found(playing);
  }

  @Test
  void anErrorEndsTheSessionWithItsText() throws Exception {
    CloseReason reason =
        endOf(
            old -> {
              old.handshake();
              old.send(OldPeer.error("out of memory"));
              return true;
            });

    assertThat(reason.reason()).isEqualTo(Reason.PEER_ERROR);
    assertThat(reason.cause())
        .isInstanceOfSatisfying(
            ConnectionClosedException.class,
            e -> assertThat(e.problem()).isEqualTo("out of memory"));
  }

  @Test
  void anUnknownEvenFieldEndsTheSessionAndTheOldPeerIsToldWhich() throws Exception {
    CloseReason reason =
        endOf(
            old -> {
              old.handshake();
              old.send(OldPeer.field(200, new byte[20]));
              assertThat(new String(old.receive(), StandardCharsets.ISO_8859_1))
                  .contains("field 200");
              assertThat(old.isAtEnd()).isTrue();
              return true;
            });

    assertThat(reason.reason()).isEqualTo(Reason.UNKNOWN_EVEN_FIELD);
  }

  @Test
  void anEndInsideAFrameIsATruncation() throws Exception {
    CloseReason reason =
        endOf(
            old -> {
              old.handshake();
              old.sendHalf(OldPeer.error("hello"));
              return true;
            });

    assertThat(reason.reason()).isEqualTo(Reason.FRAME_TRUNCATED);
  }

  @Test
  void aResetInsideAFrameIsALostConnection() throws Exception {
    CloseReason reason =
        endOf(
            old -> {
              old.handshake();
              old.sendHalf(OldPeer.error("hello"));
              old.reset();
              return true;
            });

    // Whether the system reports the reset or an end is up to it.
    assertThat(reason.reason()).isIn(Reason.CONNECTION_LOST, Reason.FRAME_TRUNCATED);
  }
}
