package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import io.fluxwire.SignerException;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.fluxwire.testing.MemoryDuplex;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** A node whose key is elsewhere. */
class SignerTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final BigInteger ORDER =
      new BigInteger("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16);

  private final NodeKey key = NodeKey.generate();

  /** A signer of a node that answers as it is told. */
  record Elsewhere(NodeId id, Function<byte[], Mono<byte[]>> answer) implements NodeIdentity {
    @Override
    public Mono<byte[]> sign(byte[] hash) {
      return answer.apply(hash);
    }
  }

  @ParameterizedTest
  @EnumSource(Role.class)
  void nodeWhoseKeyIsElsewhereProvesItsId(Role role) {
    SessionPair<Pkt> pair = establish(role, key::sign);
    assertThat(other(pair, role).connected().remoteId()).isEqualTo(key.id());
    assertThat(own(pair, role).signals).isEqualTo(1);
    pair.close();
  }

  @ParameterizedTest
  @EnumSource(Role.class)
  void highSIsMadeLow(Role role) {
    AtomicInteger high = new AtomicInteger();
    SessionPair<Pkt> pair =
        establish(
            role,
            hash ->
                key.sign(hash)
                    .map(SignerTest::withOtherS)
                    .doOnNext(signature -> high.incrementAndGet()));
    assertThat(other(pair, role).connected().remoteId()).isEqualTo(key.id());
    assertThat(high).hasValue(1);
    pair.close();
  }

  static Stream<UnaryOperator<byte[]>> wrongSignatures() {
    return Stream.of(
        signature -> new byte[0],
        signature -> new byte[64],
        signature -> Arrays.copyOf(signature, 63),
        signature -> Arrays.copyOf(signature, 65),
        signature -> NodeKey.generate().sign(new byte[32]).block(),
        signature -> {
          signature[5] ^= 1;
          return signature;
        },
        signature -> {
          Arrays.fill(signature, 32, 64, (byte) 0xff);
          return signature;
        });
  }

  @ParameterizedTest
  @MethodSource("wrongSignatures")
  void signatureThatDoesNotVerifyNeverGoesOut(UnaryOperator<byte[]> wrong) {
    for (Role role : Role.values()) {
      SessionPair<Pkt> pair = establish(role, hash -> key.sign(hash).map(wrong));
      assertSignerFailed(pair, role, Reason.SIGNER_WRONG);
      assertThat(((PeerException) other(pair, role).failure).reason())
          .isNotIn(Reason.SIGNATURE_INVALID, Reason.SIGNATURE_OUT_OF_RANGE);
    }
  }

  static Stream<Function<byte[], Mono<byte[]>>> failures() {
    return Stream.of(
        hash -> Mono.error(new IllegalStateException("the HSM is on fire")),
        hash -> {
          throw new IllegalStateException("the HSM is on fire");
        });
  }

  @ParameterizedTest
  @MethodSource("failures")
  void failureOfTheSignerIsTyped(Function<byte[], Mono<byte[]>> failure) {
    for (Role role : Role.values()) {
      SessionPair<Pkt> pair = establish(role, failure);
      assertSignerFailed(pair, role, Reason.SIGNER_FAILED);
      assertThat(own(pair, role).failure).hasRootCauseMessage("the HSM is on fire");
      assertThat(String.valueOf(other(pair, role).failure)).doesNotContain("fire");
    }
  }

  @ParameterizedTest
  @EnumSource(Role.class)
  void noSignatureIsAFailureToo(Role role) {
    SessionPair<Pkt> pair = establish(role, hash -> Mono.empty());
    assertSignerFailed(pair, role, Reason.SIGNER_FAILED);
  }

  @ParameterizedTest
  @EnumSource(Role.class)
  void destroyedKeyIsAFailureToo(Role role) {
    key.destroy();
    SessionPair<Pkt> pair = pair(role, key).establish();
    assertSignerFailed(pair, role, Reason.SIGNER_FAILED);
  }

  @ParameterizedTest
  @EnumSource(Role.class)
  void signerThatDoesNotAnswerMeetsTheHandshakesDeadline(Role role) {
    AtomicInteger cancelled = new AtomicInteger();
    SessionPair<Pkt> pair =
        establish(role, hash -> Mono.<byte[]>never().doOnCancel(cancelled::incrementAndGet));
    assertThat(own(pair, role).signals).isZero();
    pair.pass(SessionTimeouts.DEFAULT.handshake());
    assertThat(own(pair, role).failure)
        .isInstanceOf(PeerTimeoutException.class)
        .hasMessageContaining("this node's signer");
    assertThat(cancelled).hasValue(1);
    pair.close();
  }

  /** Else a packet of the application's could be the first. */
  @ParameterizedTest
  @EnumSource(Role.class)
  void nobodyIsConnectedBeforeTheProofIsMade(Role role) {
    Sinks.One<byte[]> answer = Sinks.one();
    byte[][] asked = new byte[1][];
    SessionPair<Pkt> pair =
        establish(
            role,
            hash -> {
              asked[0] = hash;
              return answer.asMono();
            });
    assertThat(asked[0]).hasSize(32);
    assertThat(own(pair, role).connection).isNull();
    assertThat(other(pair, role).connection).isNull();
    answer.tryEmitValue(key.sign(asked[0]).block()).orThrow();
    pair.settle();
    assertThat(own(pair, role).connected().remoteId()).isNotEqualTo(key.id());
    assertThat(other(pair, role).connected().remoteId()).isEqualTo(key.id());
    pair.close();
  }

  @Test
  void peerThatHangsUpCancelsTheSigner() {
    AtomicInteger cancelled = new AtomicInteger();
    SessionPair<Pkt> pair =
        establish(
            Role.ACCEPTOR, hash -> Mono.<byte[]>never().doOnCancel(cancelled::incrementAndGet));
    pair.dialersDuplex().dispose();
    pair.settle();
    assertThat(pair.acceptor.failure).isInstanceOf(PeerException.class);
    assertThat(cancelled).hasValue(1);
    pair.close();
  }

  /** It may block a little: no event loop waits. */
  @Test
  void signerIsAskedAndItsAnswerCheckedOnTheThreadsOfTheCurve() {
    Scheduler loop = Schedulers.newSingle("loop");
    Scheduler curve = Schedulers.newBoundedElastic(1, 100, "curve");
    Queue<String> threads = new ConcurrentLinkedQueue<>();
    NodeIdentity signer =
        new Elsewhere(
            key.id(),
            hash -> {
              threads.add(Thread.currentThread().getName());
              return key.sign(hash);
            });
    try {
      SessionSpec<Pkt> spec = SessionSpec.of(signer).curveScheduler(curve);
      SessionSpec<Pkt> others = SessionSpec.of(NodeKey.generate()).curveScheduler(curve);
      for (List<SessionSpec<Pkt>> specs : List.of(List.of(spec, others), List.of(others, spec))) {
        MemoryDuplex.Pair duplexes = MemoryDuplex.pair(loop);
        List<PeerConnection<Pkt>> connections =
            Mono.zip(
                    specs.get(0).establish(duplexes.dialer(), Role.DIALER),
                    specs.get(1).establish(duplexes.acceptor(), Role.ACCEPTOR),
                    List::of)
                .block(LIMIT);
        connections.forEach(PeerConnection::dispose);
        Mono.when(connections.stream().map(PeerConnection::onClose).toList()).block(LIMIT);
        duplexes.dialer().dispose();
        duplexes.acceptor().dispose();
        // Behind all that these have put there.
        Mono.fromRunnable(() -> {}).subscribeOn(loop).block(LIMIT);
      }
      assertThat(threads).hasSize(2).allMatch(name -> name.startsWith("curve"));
    } finally {
      loop.dispose();
      curve.dispose();
    }
  }

  private SessionPair<Pkt> establish(Role role, Function<byte[], Mono<byte[]>> answer) {
    return pair(role, new Elsewhere(key.id(), answer)).establish();
  }

  private static SessionPair<Pkt> pair(Role role, NodeIdentity signer) {
    return SessionPair.of(
        PacketCodec.pkt(),
        spec -> role == Role.DIALER ? spec.nodeKey(signer) : patient(spec),
        spec -> role == Role.ACCEPTOR ? spec.nodeKey(signer) : patient(spec),
        Long.MAX_VALUE);
  }

  /** Lest the other side gives up first. */
  private static SessionSpec<Pkt> patient(SessionSpec<Pkt> spec) {
    return spec.timeouts(spec.timeouts().handshake(Duration.ofMinutes(1)));
  }

  private static SessionPair.Side<Pkt> own(SessionPair<Pkt> pair, Role role) {
    return role == Role.DIALER ? pair.dialer : pair.acceptor;
  }

  private static SessionPair.Side<Pkt> other(SessionPair<Pkt> pair, Role role) {
    return role == Role.DIALER ? pair.acceptor : pair.dialer;
  }

  private static void assertSignerFailed(SessionPair<Pkt> pair, Role role, Reason reason) {
    assertThat(own(pair, role).failure)
        .isInstanceOfSatisfying(
            SignerException.class, failed -> assertThat(failed.reason()).isEqualTo(reason));
    assertThat(own(pair, role).signals).isEqualTo(1);
    assertThat(other(pair, role).failure).isInstanceOf(PeerException.class);
    assertThat(other(pair, role).signals).isEqualTo(1);
    pair.close();
  }

  private static byte[] withOtherS(byte[] signature) {
    byte[] s = ORDER.subtract(new BigInteger(1, signature, 32, 32)).toByteArray();
    byte[] other = Arrays.copyOf(signature, 64);
    System.arraycopy(s, s.length - 32, other, 32, 32);
    return other;
  }
}
