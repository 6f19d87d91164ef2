package io.fluxwire.handshake.v3;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.Aead;
import io.fluxwire.crypto.Kem;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.Secured;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.handshake.UpgradePolicy.Mode;
import io.fluxwire.handshake.v3.UpgradeFixture.Voice;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.proto.Authenticate;
import io.fluxwire.proto.Error;
import io.fluxwire.proto.Pkt;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.security.SecureRandom;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The side that was dialled, against a dialler that does what it likes (protocol.md section 9.1).
 */
class UpgradeAcceptorTest {

  private static final UpgradePolicy CLASSIC = UpgradePolicy.allowed().postQuantum(Mode.OFF);

  private final SecureRandom random = new SecureRandom();

  private static UpgradeFixture acceptor(UpgradePolicy policy) {
    return new UpgradeFixture(Role.ACCEPTOR, policy);
  }

  private static byte[] heard(UpgradeFixture acceptor) {
    return Objects.requireNonNull(acceptor.peer.next(), "no authenticate came");
  }

  private static @Nullable UpgradeOffer offer(byte[] payload) {
    byte[] field = UpgradeField.in(payload);
    return field == null ? null : UpgradeOffer.parse(field);
  }

  private static byte[] choice(Aead cipher) {
    return new UpgradeChoice(cipher, null, 0).toBytes();
  }

  // Offers

  @Test
  void offersItsCiphersInItsOrderAndAFreshKey() throws Exception {
    UpgradePolicy policy =
        UpgradePolicy.allowed().ciphers(Aead.CHACHA20_POLY1305, Aead.AES_128_GCM);
    UpgradeOffer one = offer(heard(acceptor(policy)));
    UpgradeOffer other = offer(heard(acceptor(policy)));

    assertThat(one.ciphers()).containsExactly(Aead.CHACHA20_POLY1305, Aead.AES_128_GCM);
    assertThat(one.kemKey()).hasSize(Kem.PUBLIC_KEY_SIZE).isNotEqualTo(other.kemKey());
    assertThat(one.features()).isZero();
  }

  @Test
  void offersNoKeyWithoutPostQuantumAndMakesNone() {
    UpgradeFixture acceptor = acceptor(CLASSIC);
    assertThat(offer(heard(acceptor)).kemKey()).isNull();
    assertThat(acceptor.made()).isZero();
  }

  @Test
  void offersNothingWhileUpgradesAreOff() {
    UpgradeFixture acceptor = acceptor(UpgradePolicy.off());
    assertThat(UpgradeField.isIn(heard(acceptor))).isFalse();
    assertThat(acceptor.made()).isZero();
  }

  @Test
  void offersItsFeatures() {
    UpgradeFixture classic = new UpgradeFixture(Role.ACCEPTOR, CLASSIC, 1);
    assertThat(offer(heard(classic)).features()).isEqualTo(SessionParameters.CHANNEL);
    UpgradeFixture any = new UpgradeFixture(Role.ACCEPTOR, UpgradePolicy.allowed(), 1);
    assertThat(offer(heard(any)).features()).isEqualTo(SessionParameters.CHANNEL);
  }

  // Sound choices

  @ParameterizedTest
  @ValueSource(longs = {0, 1})
  void hasTheFeaturesThatTheDiallerChooses(long chosen) {
    UpgradeFixture acceptor = new UpgradeFixture(Role.ACCEPTOR, CLASSIC, 1);
    heard(acceptor);
    byte[] field = new UpgradeChoice(Aead.AES_128_GCM, null, chosen).toBytes();
    acceptor.peer.say(acceptor.peer.proof(field));
    assertThat(acceptor.secured().parameters())
        .isEqualTo(SessionParameters.upgraded(Aead.AES_128_GCM, false, chosen));
    acceptor.secured().destroy();
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "0, 2", "1, 2", "1, 3", "1, -1"})
  void aFeatureThatWasNotOfferedIsRefusedWithoutAWord(long offered, long chosen) {
    UpgradeFixture acceptor = new UpgradeFixture(Role.ACCEPTOR, CLASSIC, offered);
    heard(acceptor);
    byte[] field = new UpgradeChoice(Aead.AES_128_GCM, null, chosen).toBytes();
    acceptor.peer.say(acceptor.peer.proof(field));
    assertThat(acceptor.reason()).isEqualTo(Reason.UPGRADE_NOT_OFFERED);
    assertThat(acceptor.voice()).isEqualTo(Voice.NONE);
  }

  @ParameterizedTest
  @EnumSource(Aead.class)
  void switchesToTheChosenCipher(Aead cipher) {
    UpgradeFixture acceptor = acceptor(CLASSIC);
    byte[] theirs = heard(acceptor);
    byte[] ours = acceptor.peer.say(acceptor.peer.proof(choice(cipher)));

    Secured secured = acceptor.secured();
    assertThat(secured.parameters()).isEqualTo(SessionParameters.upgraded(cipher, false, 0));
    acceptor.peer.upgrade(cipher, ours, theirs, null);
    assertTalks(acceptor, secured);
  }

  @Test
  void postQuantumSecretGoesIntoTheKeys() {
    UpgradeFixture acceptor = acceptor(UpgradePolicy.allowed());
    byte[] theirs = heard(acceptor);
    Kem.Encapsulation made = Kem.encapsulate(offer(theirs).kemKey(), random);
    byte[] ours =
        acceptor.peer.say(
            acceptor.peer.proof(
                new UpgradeChoice(Aead.AES_256_GCM, made.ciphertext(), 0).toBytes()));

    Secured secured = acceptor.secured();
    assertThat(secured.parameters().isPostQuantum()).isTrue();
    acceptor.peer.upgrade(Aead.AES_256_GCM, ours, theirs, made.secret());
    assertTalks(acceptor, secured);
  }

  @Test
  void aRecordRightBehindTheAuthenticateIsOpened() {
    UpgradeFixture acceptor = acceptor(CLASSIC);
    byte[] theirs = heard(acceptor);
    byte[] ours = acceptor.peer.say(acceptor.peer.proof(choice(Aead.AES_128_GCM)));
    acceptor.peer.upgrade(Aead.AES_128_GCM, ours, theirs, null);
    acceptor.peer.say("hello".getBytes(java.nio.charset.StandardCharsets.UTF_8));

    assertThat(acceptor.secured().parameters().aead()).isEqualTo(Aead.AES_128_GCM);
  }

  private static void assertTalks(UpgradeFixture acceptor, Secured secured) {
    Objects.requireNonNull(secured.sealer().control()).ready();
    secured.sealer().add(Unpooled.copiedBuffer(new byte[] {1, 2, 3}));
    ByteBuf records = secured.sealer().flush();
    acceptor.relay(records);
    assertThat(acceptor.peer.next()).isEmpty();
    assertThat(acceptor.peer.next()).containsExactly(1, 2, 3);
    secured.destroy();
  }

  @Test
  void aDiallerThatDoesNotChooseStaysWithVersion3() {
    UpgradeFixture acceptor = acceptor(UpgradePolicy.allowed());
    heard(acceptor);
    acceptor.peer.say(acceptor.peer.proof(null));
    assertThat(acceptor.secured().parameters()).isEqualTo(SessionParameters.V3);
    assertThat(acceptor.secured().sealer().control()).isNull();
    acceptor.secured().destroy();
  }

  @Test
  void anOldDiallerThatDoesNotWaitIsServed() {
    UpgradeFixture acceptor = acceptor(UpgradePolicy.allowed());
    acceptor.peer.say(acceptor.peer.proof(null));
    assertThat(acceptor.secured().parameters()).isEqualTo(SessionParameters.V3);
    acceptor.secured().destroy();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ff", "0801", "0802100f"})
  void anyFieldIsPassedOverWhileUpgradesAreOff(String content) {
    UpgradeFixture acceptor = acceptor(UpgradePolicy.off());
    acceptor.peer.say(acceptor.peer.proof(java.util.HexFormat.of().parseHex(content)));
    assertThat(acceptor.secured().parameters()).isEqualTo(SessionParameters.V3);
    acceptor.secured().destroy();
  }

  @Test
  void aRepeatedFieldIsPassedOverWhileUpgradesAreOff() {
    UpgradeFixture acceptor = acceptor(UpgradePolicy.off());
    acceptor.peer.say(Repeated.upgrade(acceptor.peer.proof(choice(Aead.AES_128_GCM))));
    assertThat(acceptor.secured().parameters()).isEqualTo(SessionParameters.V3);
    acceptor.secured().destroy();
  }

  // Refusals without a word

  @Test
  void saysNothingBetweenItsOfferAndTheAuthenticate() {
    UpgradeFixture acceptor = acceptor(UpgradePolicy.allowed());
    heard(acceptor);
    assertThat(acceptor.isOver()).isFalse();
    assertThat(acceptor.voice()).isEqualTo(Voice.NONE);
    assertThat(acceptor.peer.unopened()).isZero();
  }

  @Test
  void maySpeakWhileItHasOfferedNothing() {
    UpgradeFixture acceptor = acceptor(UpgradePolicy.off());
    heard(acceptor);
    assertThat(acceptor.voice()).isEqualTo(Voice.VERSION_3);
  }

  @Test
  void saysNothingToAFrameThatDoesNotOpen() {
    UpgradeFixture acceptor = acceptor(UpgradePolicy.allowed());
    heard(acceptor);
    acceptor.peer.send(new byte[56]);
    assertThat(acceptor.reason()).isEqualTo(Reason.MAC_MISMATCH);
    assertThat(acceptor.voice()).isEqualTo(Voice.NONE);
  }

  @Test
  void saysNothingToAChoiceThatDoesNotVerify() {
    UpgradeFixture acceptor = acceptor(UpgradePolicy.allowed());
    heard(acceptor);
    acceptor.peer.say(forged(acceptor.peer.proof(choice(Aead.AES_128_GCM))));
    assertThat(acceptor.reason()).isEqualTo(Reason.SIGNATURE_INVALID);
    assertThat(acceptor.voice()).isEqualTo(Voice.NONE);
  }

  @Test
  void saysWhyToAnAuthenticateWithoutChoiceThatDoesNotVerify() {
    UpgradeFixture acceptor = acceptor(UpgradePolicy.allowed());
    heard(acceptor);
    acceptor.peer.say(forged(acceptor.peer.proof(null)));
    assertThat(acceptor.reason()).isEqualTo(Reason.SIGNATURE_INVALID);
    assertThat(acceptor.voice()).isEqualTo(Voice.VERSION_3);
  }

  private static Pkt forged(Pkt proof) {
    Authenticate.Builder auth = proof.getAuth().toBuilder();
    auth.getSessionSigBuilder().setR1(auth.getSessionSig().getR1() + 1);
    return proof.toBuilder().setAuth(auth).build();
  }

  @Test
  void saysWhyToAnotherFirstPacket() {
    UpgradeFixture acceptor = acceptor(UpgradePolicy.allowed());
    heard(acceptor);
    acceptor.peer.say(Pkt.newBuilder().setError(Error.newBuilder().setProblem("hello")).build());
    assertThat(acceptor.reason()).isEqualTo(Reason.AUTHENTICATE_MISSING);
    assertThat(acceptor.voice()).isEqualTo(Voice.VERSION_3);
  }

  @Test
  void refusalInPlaceOfTheAuthenticateIsReported() {
    UpgradeFixture acceptor = acceptor(UpgradePolicy.allowed());
    heard(acceptor);
    acceptor.peer.say(Pkt.newBuilder().setError(Error.newBuilder().setProblem("no kem")).build());
    assertThat(acceptor.reason()).isEqualTo(Reason.PEER_ERROR);
    assertThat(acceptor.failure()).hasMessageContaining("no kem");
  }

  private record Fault(byte[] field, Reason reason) {}

  private static List<Fault> faults() {
    return List.of(
        new Fault(new byte[] {8}, Reason.UPGRADE_MALFORMED),
        new Fault(new byte[0], Reason.UPGRADE_MALFORMED),
        new Fault(new byte[] {8, 1, 8, 2}, Reason.UPGRADE_MALFORMED),
        new Fault(new byte[] {8, 1, 16, 1}, Reason.UNKNOWN_EVEN_FIELD),
        new Fault(new byte[] {8, 4}, Reason.UPGRADE_NOT_OFFERED),
        new Fault(new byte[] {8, 1, 40, 1}, Reason.UPGRADE_NOT_OFFERED),
        new Fault(new byte[] {8, 1, 26, 1, 7}, Reason.KEM_INVALID));
  }

  @ParameterizedTest
  @org.junit.jupiter.params.provider.MethodSource("faults")
  void aChoiceThatIsNotSoundIsRefusedWithoutAWord(Fault fault) {
    UpgradeFixture acceptor = acceptor(UpgradePolicy.allowed());
    heard(acceptor);
    acceptor.peer.say(acceptor.peer.proof(fault.field()));
    assertThat(acceptor.reason()).isEqualTo(fault.reason());
    assertThat(acceptor.voice()).isEqualTo(Voice.NONE);
  }

  @Test
  void aChoiceThatIsThereTwiceIsRefusedWithoutAWord() {
    UpgradeFixture acceptor = acceptor(UpgradePolicy.allowed());
    heard(acceptor);
    acceptor.peer.say(Repeated.upgrade(acceptor.peer.proof(choice(Aead.AES_128_GCM))));
    assertThat(acceptor.reason()).isEqualTo(Reason.UPGRADE_MALFORMED);
    assertThat(acceptor.voice()).isEqualTo(Voice.NONE);
  }

  @Test
  void anAuthenticateThatIsThereTwiceIsRefusedWithoutAWord() {
    UpgradeFixture acceptor = acceptor(UpgradePolicy.allowed());
    heard(acceptor);
    acceptor.peer.say(Repeated.authenticate(acceptor.peer.proof(choice(Aead.AES_128_GCM))));
    assertThat(acceptor.reason()).isEqualTo(Reason.UPGRADE_MALFORMED);
    assertThat(acceptor.voice()).isEqualTo(Voice.NONE);
  }

  // Refusals by words

  @Test
  void insistingOnAnUpgradeItRefusesVersion3InItsWords() {
    UpgradeFixture acceptor = acceptor(UpgradePolicy.required());
    heard(acceptor);
    acceptor.peer.say(acceptor.peer.proof(null));
    assertThat(acceptor.reason()).isEqualTo(Reason.UPGRADE_REQUIRED);
    assertThat(acceptor.voice()).isEqualTo(Voice.VERSION_3);
  }

  @Test
  void insistingOnPostQuantumItRefusesVersion3InItsWords() {
    UpgradeFixture acceptor = acceptor(UpgradePolicy.allowed().postQuantum(Mode.REQUIRED));
    heard(acceptor);
    acceptor.peer.say(acceptor.peer.proof(null));
    assertThat(acceptor.reason()).isEqualTo(Reason.POST_QUANTUM_REQUIRED);
    assertThat(acceptor.voice()).isEqualTo(Voice.VERSION_3);
  }

  @Test
  void insistingOnPostQuantumItRefusesASoundChoiceWithoutItUnderTheNewKeys() {
    UpgradeFixture acceptor = acceptor(UpgradePolicy.allowed().postQuantum(Mode.REQUIRED));
    heard(acceptor);
    acceptor.peer.say(acceptor.peer.proof(choice(Aead.AES_128_GCM)));
    assertThat(acceptor.reason()).isEqualTo(Reason.POST_QUANTUM_REQUIRED);
    assertThat(acceptor.voice()).isEqualTo(Voice.UPGRADED);
  }

  @Test
  void itsOwnIdWithASoundChoiceIsRefusedUnderTheNewKeys() {
    NodeKey key = NodeKey.generate();
    UpgradeFixture acceptor = new UpgradeFixture(Role.ACCEPTOR, UpgradePolicy.allowed(), key, key);
    heard(acceptor);
    acceptor.peer.say(acceptor.peer.proof(choice(Aead.AES_128_GCM)));
    assertThat(acceptor.reason()).isEqualTo(Reason.NODE_ID_OWN);
    assertThat(acceptor.voice()).isEqualTo(Voice.UPGRADED);
  }

  // On the way

  @Test
  void aChangedOfferGivesOtherKeys() {
    UpgradeFixture acceptor = acceptor(CLASSIC);
    byte[] theirs = heard(acceptor);
    byte[] ours = acceptor.peer.say(acceptor.peer.proof(choice(Aead.AES_128_GCM)));
    Secured secured = acceptor.secured();
    theirs[theirs.length - 1] ^= 2;
    acceptor.peer.upgrade(Aead.AES_128_GCM, ours, theirs, null);
    assertFirstRecordFails(acceptor, secured);
  }

  @Test
  void aFlippedCiphertextIsNotRefusedAndGivesOtherKeys() {
    UpgradeFixture acceptor = acceptor(UpgradePolicy.allowed());
    byte[] theirs = heard(acceptor);
    Kem.Encapsulation made = Kem.encapsulate(offer(theirs).kemKey(), random);
    byte[] flipped = made.ciphertext().clone();
    flipped[7] ^= 1;
    byte[] ours =
        acceptor.peer.say(
            acceptor.peer.proof(new UpgradeChoice(Aead.AES_128_GCM, flipped, 0).toBytes()));
    Secured secured = acceptor.secured();
    acceptor.peer.upgrade(Aead.AES_128_GCM, ours, theirs, made.secret());
    assertFirstRecordFails(acceptor, secured);
  }

  private static void assertFirstRecordFails(UpgradeFixture acceptor, Secured secured) {
    acceptor.peer.sealer().add(Unpooled.copiedBuffer(new byte[16]));
    ByteBuf record = acceptor.peer.sealer().flush();
    try {
      assertThat(Reasons.thrownBy(() -> secured.opener().next(record)))
          .isEqualTo(Reason.TAG_MISMATCH);
    } finally {
      record.release();
      secured.destroy();
    }
  }
}
