package io.fluxwire.handshake.bolt8;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.SignerException;
import io.fluxwire.crypto.EphemeralKeys;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SecretHolders;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.handshake.Handshake;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.Secured;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.testing.Bolt8Vectors;
import io.fluxwire.testing.Bolt8Vectors.Case;
import io.fluxwire.testing.Bolt8Vectors.Step;
import io.fluxwire.testing.LentBuffers;
import io.fluxwire.testing.StubDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

class Bolt8HandshakeTest {

  private static final Map<String, Reason> REASONS =
      Map.ofEntries(
          Map.entry("ERROR (ACT1_BAD_VERSION)", Reason.ACT_ONE_VERSION),
          Map.entry("ERROR (ACT1_BAD_PUBKEY)", Reason.ACT_ONE_KEY),
          Map.entry("ERROR (ACT1_BAD_TAG)", Reason.ACT_ONE_TAG),
          Map.entry("ERROR (ACT1_READ_FAILED)", Reason.ACT_ONE_TRUNCATED),
          Map.entry("ERROR (ACT2_BAD_VERSION 1)", Reason.ACT_TWO_VERSION),
          Map.entry("ERROR (ACT2_BAD_PUBKEY)", Reason.ACT_TWO_KEY),
          Map.entry("ERROR (ACT2_BAD_TAG)", Reason.ACT_TWO_TAG),
          Map.entry("ERROR (ACT2_READ_FAILED)", Reason.ACT_TWO_TRUNCATED),
          Map.entry("ERROR (ACT3_BAD_VERSION 1)", Reason.ACT_THREE_VERSION),
          Map.entry("ERROR (ACT3_BAD_PUBKEY)", Reason.ACT_THREE_KEY),
          Map.entry("ERROR (ACT3_BAD_CIPHERTEXT)", Reason.ACT_THREE_TAG),
          Map.entry("ERROR (ACT3_BAD_TAG)", Reason.ACT_THREE_TAG),
          Map.entry("ERROR (ACT3_READ_FAILED)", Reason.ACT_THREE_TRUNCATED));

  private final NodeKey dialerKey = NodeKey.generate();
  private final NodeKey acceptorKey = NodeKey.generate();

  static Stream<Case> vectors() {
    return Bolt8Vectors.handshakes();
  }

  @Test
  void allCasesAreThere() {
    assertThat(Bolt8Vectors.handshakes()).hasSize(15);
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void vectorsAreMetUnderEverySplit(Case vector) throws GeneralSecurityException {
    byte[] input = input(vector);
    for (int at = 0; at <= input.length; at++) {
      met(vector, List.of(Arrays.copyOf(input, at), Arrays.copyOfRange(input, at, input.length)));
    }
    List<byte[]> bytes = new ArrayList<>();
    for (byte one : input) {
      bytes.add(new byte[] {one});
    }
    met(vector, bytes);
  }

  private static void met(Case vector, List<byte[]> input) throws GeneralSecurityException {
    StubDuplex duplex = new StubDuplex(LentBuffers.resuming(input));
    SessionKeyPair ephemeral =
        SessionKeyPair.of(
            Secp256k1.preferred(), Objects.requireNonNull(vector.ephemeralSecret()).bytes());
    EphemeralKeys keys = EphemeralKeys.from(Secp256k1::preferred, Schedulers.immediate());
    SecretHolders.give(keys.sessions(), ephemeral);
    Handshake.Run run =
        handshake(vector, keys)
            .over(
                duplex,
                vector.remote() == null ? Role.ACCEPTOR : Role.DIALER,
                ReadLimits.NONE,
                stage -> {});
    Secured secured = null;
    Throwable failure = null;
    try {
      secured = run.secure().block();
    } catch (PeerException e) {
      failure = e;
    }
    assertThat(HexFormat.of().formatHex(duplex.written())).isEqualTo(output(vector));
    Step last = vector.steps().get(vector.steps().size() - 1);
    if (last.isError()) {
      assertThat(failure).isInstanceOf(PeerException.class);
      assertThat(((PeerException) failure).reason()).isEqualTo(REASONS.get(last.output()));
      assertThat(run.release()).isNull();
    } else {
      assertThat(failure).isNull();
      assertKeys(Objects.requireNonNull(secured), Objects.requireNonNull(last.keys()));
    }
    // Of a run that has not come to take it.
    keys.destroy();
    assertThat(ephemeral.isDestroyed()).as("the ephemeral key is wiped").isTrue();
  }

  private static Bolt8Handshake handshake(Case vector, EphemeralKeys keys) {
    return Bolt8Handshake.of(
            NodeKey.of(Objects.requireNonNull(vector.secret()).bytes()),
            keys,
            Schedulers.immediate())
        .expected(vector.remote() == null ? null : NodeId.of(vector.remote().bytes()));
  }

  private static byte[] input(Case vector) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (Step step : vector.steps()) {
      if (step.input() != null) {
        all.writeBytes(step.input().bytes());
      }
    }
    return all.toByteArray();
  }

  private static String output(Case vector) {
    StringBuilder all = new StringBuilder();
    for (Step step : vector.steps()) {
      if (step.output() != null && !step.isError()) {
        all.append(step.output());
      }
    }
    return all.toString();
  }

  /** By the JDK alone. */
  private static void assertKeys(Secured secured, Bolt8Vectors.Keys keys)
      throws GeneralSecurityException {
    secured.sealer().add(Unpooled.wrappedBuffer(new byte[] {1, 2, 3}));
    ByteBuf record = secured.sealer().flush();
    byte[] header = new byte[18];
    record.readBytes(header).release();
    assertThat(cipher(Cipher.DECRYPT_MODE, keys.sending().bytes(), 0).doFinal(header))
        .containsExactly(0, 3);

    byte[] length = cipher(Cipher.ENCRYPT_MODE, keys.receiving().bytes(), 0).doFinal(new byte[2]);
    byte[] body = cipher(Cipher.ENCRYPT_MODE, keys.receiving().bytes(), 1).doFinal(new byte[0]);
    ByteBuf message = secured.opener().next(Unpooled.wrappedBuffer(length, body));
    assertThat(message).isNotNull();
    assertThat(message.readableBytes()).isZero();
    message.release();
    assertThat(secured.parameters()).isEqualTo(SessionParameters.BOLT8);
    secured.destroy();
  }

  private static Cipher cipher(int mode, byte[] key, int nonce) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("ChaCha20-Poly1305");
    byte[] iv = new byte[12];
    iv[4] = (byte) nonce;
    cipher.init(mode, new SecretKeySpec(key, "ChaCha20"), new IvParameterSpec(iv));
    return cipher;
  }

  private static Bolt8Handshake of(NodeIdentity identity) {
    return Bolt8Handshake.of(
        identity,
        EphemeralKeys.from(Secp256k1::preferred, Schedulers.immediate()),
        Schedulers.immediate());
  }

  private static Handshake.Run run(Bolt8Handshake handshake, StubDuplex duplex, Role role) {
    return handshake.over(duplex, role, ReadLimits.NONE, stage -> {});
  }

  private static Reason refused(Handshake.Run run) {
    Throwable thrown = catchThrowable(() -> run.secure().block());
    assertThat(thrown).isInstanceOf(PeerException.class);
    return ((PeerException) thrown).reason();
  }

  /** What a peer begins with that does everything right. */
  private byte[] actOne() {
    StubDuplex duplex = new StubDuplex(Flux.never());
    run(of(dialerKey).expected(acceptorKey.id()), duplex, Role.DIALER).secure().subscribe();
    return duplex.written();
  }

  @Test
  void nothingIsSentOrComputedBeforeTheFirstByteOfAPeer() {
    AtomicInteger asked = new AtomicInteger();
    StubDuplex duplex = new StubDuplex(Flux.never());
    run(of(counting(asked)), duplex, Role.ACCEPTOR).secure().subscribe();
    assertThat(duplex.written()).isEmpty();
    assertThat(asked).hasValue(0);
  }

  private NodeIdentity counting(AtomicInteger asked) {
    return new NodeIdentity() {
      @Override
      public NodeId id() {
        return acceptorKey.id();
      }

      @Override
      public Mono<byte[]> sign(byte[] hash) {
        return acceptorKey.sign(hash);
      }

      @Override
      public Mono<byte[]> agree(byte[] publicKey) {
        asked.incrementAndGet();
        return acceptorKey.agree(publicKey);
      }
    };
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 0x16, 0xff})
  void anotherVersionIsRefusedAtItsFirstByteWithoutAWordOrAnyCurveWork(int version) {
    AtomicInteger asked = new AtomicInteger();
    byte[] act = new byte[50];
    act[0] = (byte) version;
    StubDuplex duplex = new StubDuplex(LentBuffers.resuming(List.of(act)));
    assertThat(refused(run(of(counting(asked)), duplex, Role.ACCEPTOR)))
        .isEqualTo(Reason.ACT_ONE_VERSION);
    assertThat(duplex.written()).isEmpty();
    assertThat(asked).hasValue(0);
  }

  @Test
  void aKeyThatIsNoPointCostsNoAgreement() {
    AtomicInteger asked = new AtomicInteger();
    byte[] act = new byte[50];
    act[1] = 2;
    Arrays.fill(act, 2, 34, (byte) 0xff);
    StubDuplex duplex = new StubDuplex(LentBuffers.resuming(List.of(act)));
    assertThat(refused(run(of(counting(asked)), duplex, Role.ACCEPTOR)))
        .isEqualTo(Reason.ACT_ONE_KEY);
    assertThat(asked).hasValue(0);
  }

  @Test
  void whatSpeaksSomethingElseIsNamed() {
    byte[] key = new byte[33];
    key[0] = 2;
    Throwable thrown =
        catchThrowable(
            () ->
                run(
                        of(dialerKey).expected(acceptorKey.id()),
                        new StubDuplex(LentBuffers.resuming(List.of(key))),
                        Role.DIALER)
                    .secure()
                    .block());
    assertThat(thrown).hasMessage("act two of the peer has version 2, not 0: it speaks version 3");
  }

  @Test
  void aDialWithoutAnIdIsAMistakeOfTheCallers() {
    StubDuplex duplex = new StubDuplex(Flux.never());
    assertThat(catchThrowable(() -> run(of(dialerKey), duplex, Role.DIALER).secure().block()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("does not know");
    assertThat(duplex.written()).isEmpty();
  }

  @Test
  void whoDialsItselfSendsNothing() {
    StubDuplex duplex = new StubDuplex(Flux.never());
    assertThat(refused(run(of(dialerKey).expected(dialerKey.id()), duplex, Role.DIALER)))
        .isEqualTo(Reason.NODE_ID_OWN);
    assertThat(duplex.written()).isEmpty();
  }

  @Test
  void aPeerThatHangsUpWithoutAnAnswerIsNoTruncation() {
    StubDuplex duplex = new StubDuplex(Flux.empty());
    Throwable thrown =
        catchThrowable(
            () ->
                run(of(dialerKey).expected(acceptorKey.id()), duplex, Role.DIALER)
                    .secure()
                    .block());
    assertThat(thrown)
        .isInstanceOf(ConnectionClosedException.class)
        .hasMessageContaining("not the node that was expected");
    assertThat(((PeerException) thrown).reason()).isEqualTo(Reason.CLOSED_BY_PEER);
  }

  @Test
  void anActForAnotherNodeGetsNoAnswer() {
    StubDuplex duplex = new StubDuplex(LentBuffers.resuming(List.of(actOne())));
    assertThat(refused(run(of(dialerKey), duplex, Role.ACCEPTOR))).isEqualTo(Reason.ACT_ONE_TAG);
    assertThat(duplex.written()).isEmpty();
  }

  @Test
  void aSecretOfAnotherSizeIsTheIdentitysMistake() {
    NodeIdentity wrong =
        new NodeIdentity() {
          @Override
          public NodeId id() {
            return acceptorKey.id();
          }

          @Override
          public Mono<byte[]> sign(byte[] hash) {
            return acceptorKey.sign(hash);
          }

          @Override
          public Mono<byte[]> agree(byte[] publicKey) {
            return Mono.just(new byte[33]);
          }
        };
    StubDuplex duplex = new StubDuplex(LentBuffers.resuming(List.of(actOne())));
    assertThat(refused(run(of(wrong), duplex, Role.ACCEPTOR))).isEqualTo(Reason.SIGNER_WRONG);
  }

  @Test
  void anIdentityThatCanOnlySignSaysSo() {
    NodeIdentity signer =
        new NodeIdentity() {
          @Override
          public NodeId id() {
            return acceptorKey.id();
          }

          @Override
          public Mono<byte[]> sign(byte[] hash) {
            return acceptorKey.sign(hash);
          }
        };
    StubDuplex duplex = new StubDuplex(LentBuffers.resuming(List.of(actOne())));
    Throwable thrown =
        catchThrowable(() -> run(of(signer), duplex, Role.ACCEPTOR).secure().block());
    assertThat(thrown)
        .isInstanceOf(SignerException.class)
        .hasMessageContaining("implement NodeIdentity.agree");
    assertThat(((PeerException) thrown).reason()).isEqualTo(Reason.AGREEMENT_UNSUPPORTED);
  }
}
