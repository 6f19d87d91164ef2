package io.fluxwire.handshake.v3;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.Aead;
import io.fluxwire.crypto.Kem;
import io.fluxwire.crypto.KemKeyPair;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.handshake.UpgradePolicy.Mode;
import io.fluxwire.handshake.v3.UpgradeFixture.Voice;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.proto.Error;
import io.fluxwire.proto.Pkt;
import io.fluxwire.record.ControlSealer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The side that dialled, against an acceptor that does what it likes (protocol.md section 9.1). */
class UpgradeDialerTest {

  private static final UpgradePolicy CLASSIC = UpgradePolicy.allowed().postQuantum(Mode.OFF);
  private static final byte[] ALL = {8, 1, 8, 2, 8, 3};

  private final KemKeyPair kem = KemKeyPair.generate(new SecureRandom());

  private static UpgradeFixture dialer(UpgradePolicy policy) {
    return new UpgradeFixture(Role.DIALER, policy);
  }

  private byte[] withKey() {
    return UpgradeField.of(List.of(Aead.AES_128_GCM), kem.publicKey(), 0).toBytes();
  }

  /** Offers, and gives the dialer's answer. */
  private static byte[] answer(UpgradeFixture dialer) {
    return Objects.requireNonNull(dialer.peer.next(), "no authenticate came");
  }

  private static void ready(UpgradeFixture dialer) {
    control(dialer).ready();
    dialer.peer.flush();
  }

  private static ControlSealer control(UpgradeFixture dialer) {
    return Objects.requireNonNull(dialer.peer.sealer().control());
  }

  /** Up to the point where the dialer waits for READY. */
  private UpgradeFixture chosen() {
    UpgradeFixture dialer = dialer(CLASSIC);
    byte[] ours = dialer.peer.say(dialer.peer.proof(new byte[] {8, 1}));
    dialer.peer.upgrade(Aead.AES_128_GCM, ours, answer(dialer), null);
    return dialer;
  }

  // Choices

  @Test
  void choosesTheFirstOfItsOwnOrder() {
    UpgradeFixture dialer = dialer(CLASSIC.ciphers(Aead.AES_256_GCM, Aead.AES_128_GCM));
    dialer.peer.say(dialer.peer.proof(ALL));
    assertThat(UpgradeField.in(answer(dialer))).containsExactly(8, 2);
    dialer.cancel();
  }

  @Test
  void waitsForReadyUnderTheNewKeys() {
    UpgradeFixture dialer = chosen();
    assertThat(dialer.isOver()).isFalse();
    assertThat(dialer.run.awaited()).isEqualTo("the peer's READY");

    ready(dialer);

    assertThat(dialer.secured().parameters())
        .isEqualTo(SessionParameters.upgraded(Aead.AES_128_GCM, false, 0));
    assertThat(dialer.secured().sealer().control()).isNotNull();
    dialer.secured().destroy();
  }

  @Test
  void secretForTheOfferedKeyGoesIntoTheKeys() {
    UpgradeFixture dialer = dialer(UpgradePolicy.allowed());
    byte[] ours = dialer.peer.say(dialer.peer.proof(withKey()));
    byte[] theirs = answer(dialer);
    byte[] ciphertext = UpgradeField.parse(UpgradeField.in(theirs)).kem();
    dialer.peer.upgrade(Aead.AES_128_GCM, ours, theirs, kem.decapsulate(ciphertext));
    ready(dialer);
    assertThat(dialer.secured().parameters().isPostQuantum()).isTrue();
    dialer.secured().destroy();
  }

  @Test
  void leavesTheKeyAloneWithoutPostQuantum() {
    UpgradeFixture dialer = dialer(CLASSIC);
    // Not even a key, which nobody checks then.
    dialer.peer.say(dialer.peer.proof(new byte[] {8, 1, 26, 1, 7}));
    assertThat(UpgradeField.in(answer(dialer))).containsExactly(8, 1);
    dialer.cancel();
  }

  /** Bits that this side does not know are of no account, whatever it is willing to choose. */
  @ParameterizedTest
  @CsvSource({"0, 1, 0", "1, 0, 0", "1, 1, 1", "0, -1, 0", "1, -1, 1", "1, -2, 0"})
  void choosesOfTheOfferedFeaturesThoseThatItIsWillingTo(long own, long offered, long chosen) {
    UpgradeFixture dialer = new UpgradeFixture(Role.DIALER, CLASSIC, own);
    byte[] offer = UpgradeField.of(List.of(Aead.AES_128_GCM), null, offered).toBytes();
    byte[] ours = dialer.peer.say(dialer.peer.proof(offer));
    byte[] theirs = answer(dialer);
    assertThat(UpgradeField.parse(UpgradeField.in(theirs)).features()).isEqualTo(chosen);

    dialer.peer.upgrade(Aead.AES_128_GCM, ours, theirs, null);
    ready(dialer);
    assertThat(dialer.secured().parameters())
        .isEqualTo(SessionParameters.upgraded(Aead.AES_128_GCM, false, chosen));
    assertThat(dialer.secured().parameters().hasChannel()).isEqualTo(chosen == 1);
    dialer.secured().destroy();
  }

  @Test
  void choosesFeaturesTogetherWithTheKey() {
    UpgradeFixture dialer = new UpgradeFixture(Role.DIALER, UpgradePolicy.allowed(), 1);
    byte[] offer = UpgradeField.of(List.of(Aead.AES_128_GCM), kem.publicKey(), 1).toBytes();
    dialer.peer.say(dialer.peer.proof(offer));
    UpgradeField choice = UpgradeField.parse(UpgradeField.in(answer(dialer)));
    assertThat(choice.features()).isEqualTo(1);
    assertThat(choice.kem()).isNotNull();
    dialer.cancel();
  }

  private static List<byte[]> noOffers() {
    return Arrays.asList(null, new byte[0], new byte[] {8, 4}, new byte[] {26, 1, 7});
  }

  @ParameterizedTest
  @MethodSource("noOffers")
  void withoutAnOfferItStaysWithVersion3(byte @Nullable [] field) {
    UpgradeFixture dialer = dialer(UpgradePolicy.allowed());
    dialer.peer.say(dialer.peer.proof(field));
    assertThat(UpgradeField.isIn(answer(dialer))).isFalse();
    assertThat(dialer.secured().parameters()).isEqualTo(SessionParameters.V3);
    dialer.secured().destroy();
  }

  @Test
  void anythingInTheFieldIsPassedOverWhileUpgradesAreOff() {
    for (byte[] field : List.of(ALL, new byte[] {8}, new byte[] {16, 1})) {
      UpgradeFixture dialer = dialer(UpgradePolicy.off());
      dialer.peer.say(Repeated.upgrade(dialer.peer.proof(field)));
      assertThat(UpgradeField.isIn(answer(dialer))).isFalse();
      assertThat(dialer.secured().parameters()).isEqualTo(SessionParameters.V3);
      dialer.secured().destroy();
    }
  }

  // Refusals in place of its authenticate

  private record Fault(UpgradePolicy policy, byte @Nullable [] field, Reason reason) {}

  private static List<Fault> faults() {
    byte[] over = new byte[Kem.PUBLIC_KEY_SIZE];
    Arrays.fill(over, (byte) 0xff);
    byte[] overModulus = UpgradeField.of(List.of(Aead.AES_128_GCM), over, 0).toBytes();
    UpgradePolicy any = UpgradePolicy.allowed();
    UpgradePolicy kem = any.postQuantum(Mode.REQUIRED);
    return List.of(
        new Fault(any, new byte[] {8}, Reason.UPGRADE_MALFORMED),
        new Fault(any, new byte[] {8, 1, 16, 1}, Reason.UNKNOWN_EVEN_FIELD),
        new Fault(any, new byte[] {8, 1, 26, 1, 7}, Reason.KEM_INVALID),
        new Fault(any, overModulus, Reason.KEM_INVALID),
        new Fault(UpgradePolicy.required(), null, Reason.UPGRADE_REQUIRED),
        new Fault(UpgradePolicy.required(), new byte[] {8, 9}, Reason.UPGRADE_REQUIRED),
        new Fault(
            UpgradePolicy.required().ciphers(Aead.AES_128_GCM),
            new byte[] {8, 2},
            Reason.UPGRADE_REQUIRED),
        new Fault(kem, null, Reason.POST_QUANTUM_REQUIRED),
        new Fault(kem, new byte[] {8, 1}, Reason.POST_QUANTUM_REQUIRED));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void refusesInVersion3AndHasNotToldWhoItIs(Fault fault) {
    UpgradeFixture dialer = dialer(fault.policy());
    dialer.peer.say(dialer.peer.proof(fault.field()));
    assertThat(dialer.reason()).isEqualTo(fault.reason());
    assertThat(dialer.peer.unopened()).isZero();
    assertThat(dialer.voice()).isEqualTo(Voice.VERSION_3);
  }

  @Test
  void refusesWhatIsThereTwice() {
    UpgradeFixture one = dialer(UpgradePolicy.allowed());
    one.peer.say(Repeated.upgrade(one.peer.proof(ALL)));
    assertThat(one.reason()).isEqualTo(Reason.UPGRADE_MALFORMED);
    UpgradeFixture other = dialer(UpgradePolicy.allowed());
    other.peer.say(Repeated.authenticate(other.peer.proof(ALL)));
    assertThat(other.reason()).isEqualTo(Reason.UPGRADE_MALFORMED);
  }

  @Test
  void itsOwnIdIsRefusedInVersion3() {
    NodeKey key = NodeKey.generate();
    UpgradeFixture dialer = new UpgradeFixture(Role.DIALER, UpgradePolicy.allowed(), key, key);
    dialer.peer.say(dialer.peer.proof(ALL));
    assertThat(dialer.reason()).isEqualTo(Reason.NODE_ID_OWN);
    assertThat(dialer.voice()).isEqualTo(Voice.VERSION_3);
  }

  // Before READY

  @Test
  void endInPlaceOfReadySaysWhy() {
    UpgradeFixture dialer = chosen();
    control(dialer).end("nobody you know");
    dialer.peer.flush();
    assertThat(dialer.reason()).isEqualTo(Reason.PEER_ERROR);
    assertThat(dialer.failure()).hasMessageContaining("nobody you know");
  }

  @Test
  void theEndOfTheStreamBeforeReadyIsARefusalWithoutAWord() {
    UpgradeFixture dialer = chosen();
    dialer.peer.hangUp();
    assertThat(dialer.reason()).isEqualTo(Reason.CLOSED_BEFORE_READY);
    assertThat(dialer.voice()).isEqualTo(Voice.UPGRADED);
  }

  @Test
  void aStreamThatEndsInsideARecordBeforeReadyIsOneToo() {
    UpgradeFixture dialer = chosen();
    dialer.peer.send(new byte[7]);
    dialer.peer.hangUp();
    assertThat(dialer.reason()).isEqualTo(Reason.CLOSED_BEFORE_READY);
  }

  @Test
  void aConnectionThatBreaksOffBeforeReadyIsOneToo() {
    UpgradeFixture dialer = chosen();
    dialer.peer.breakOff();
    assertThat(dialer.reason()).isEqualTo(Reason.CLOSED_BEFORE_READY);
  }

  @Test
  void anErrorOfVersion3BehindTheSwitchIsNoRecord() {
    UpgradeFixture dialer = dialer(CLASSIC);
    dialer.peer.say(dialer.peer.proof(ALL));
    answer(dialer);
    dialer.peer.say(Pkt.newBuilder().setError(Error.newBuilder().setProblem("old words")).build());
    assertThat(dialer.reason()).isEqualTo(Reason.TAG_MISMATCH);
  }

  @Test
  void aChangedChoiceGivesOtherKeys() {
    UpgradeFixture dialer = dialer(CLASSIC);
    byte[] ours = dialer.peer.say(dialer.peer.proof(ALL));
    byte[] theirs = answer(dialer);
    theirs[theirs.length - 1] ^= 1;
    dialer.peer.upgrade(Aead.AES_128_GCM, ours, theirs, null);
    ready(dialer);
    assertThat(dialer.reason()).isEqualTo(Reason.TAG_MISMATCH);
  }

  @Test
  void anOfferThatWasTakenOutIsMissedByWhoInsists() {
    UpgradeFixture dialer = dialer(UpgradePolicy.required());
    dialer.peer.say(dialer.peer.proof(null));
    assertThat(dialer.reason()).isEqualTo(Reason.UPGRADE_REQUIRED);
  }

  @Test
  void aKeyThatWasTakenOutGivesOtherKeys() {
    UpgradeFixture dialer = dialer(UpgradePolicy.allowed());
    byte[] original = dialer.peer.proof(withKey()).toByteArray();
    dialer.peer.say(dialer.peer.proof(new byte[] {8, 1}));
    byte[] theirs = answer(dialer);
    dialer.peer.upgrade(Aead.AES_128_GCM, original, theirs, null);
    ready(dialer);
    assertThat(dialer.reason()).isEqualTo(Reason.TAG_MISMATCH);
  }
}
