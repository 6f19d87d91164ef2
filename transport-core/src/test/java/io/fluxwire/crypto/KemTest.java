package io.fluxwire.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.testing.GoldenUpgrades;
import io.fluxwire.testing.GoldenUpgrades.Upgrade;
import java.lang.reflect.Field;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import org.bouncycastle.crypto.params.MLKEMPrivateKeyParameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Schedulers;

class KemTest {

  private static final SecureRandom RANDOM = new SecureRandom();

  static List<Upgrade> sessions() {
    return GoldenUpgrades.all().stream().filter(session -> session.kemSeed() != null).toList();
  }

  @ParameterizedTest
  @MethodSource("sessions")
  void theGoldenSeedGivesTheGoldenKeyAndOpensTheGoldenCiphertext(Upgrade golden) {
    KemKeyPair pair = KemKeyPair.of(Objects.requireNonNull(golden.kemSeed()).bytes());

    assertThat(hex(pair.publicKey())).isEqualTo(Objects.requireNonNull(golden.kemKey()).digits());
    assertThat(hex(pair.decapsulate(Objects.requireNonNull(golden.kemCiphertext()).bytes())))
        .isEqualTo(Objects.requireNonNull(golden.kemSecret()).digits());
  }

  @Test
  void bothSidesGetTheSameSecretWhichIsAnotherEachTime() {
    KemKeyPair pair = KemKeyPair.generate(RANDOM);
    Kem.Encapsulation one = Kem.encapsulate(pair.publicKey(), RANDOM);
    Kem.Encapsulation other = Kem.encapsulate(pair.publicKey(), RANDOM);

    assertThat(one.ciphertext()).hasSize(Kem.CIPHERTEXT_SIZE);
    assertThat(pair.decapsulate(one.ciphertext())).isEqualTo(one.secret()).hasSize(32);
    assertThat(other.secret()).isNotEqualTo(one.secret());
  }

  @Test
  void givenRandomnessGivesTheSameAgain() {
    byte[] key = KemKeyPair.of(new byte[64]).publicKey();
    byte[] message = new byte[32];
    Arrays.fill(message, (byte) 7);

    Kem.Encapsulation one = Kem.encapsulate(key, message);
    Kem.Encapsulation other = Kem.encapsulate(key, message);

    assertThat(other.ciphertext()).isEqualTo(one.ciphertext());
    assertThat(other.secret()).isEqualTo(one.secret());
  }

  @Test
  void aWrongCiphertextGivesAnotherSecretAndNoError() {
    KemKeyPair pair = KemKeyPair.generate(RANDOM);
    Kem.Encapsulation made = Kem.encapsulate(pair.publicKey(), RANDOM);
    made.ciphertext()[100] ^= 1;

    assertThat(pair.decapsulate(made.ciphertext())).hasSize(32).isNotEqualTo(made.secret());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1_183, 1_185})
  void aKeyOfAnotherSizeIsRefused(int size) {
    assertThatThrownBy(() -> Kem.encapsulate(new byte[size], RANDOM))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 766, 767})
  void aCoefficientThatIsNotBelowTheModulusIsRefused(int coefficient) {
    byte[] key = KemKeyPair.generate(RANDOM).publicKey();

    setCoefficient(key, coefficient, 3_328);
    Kem.encapsulate(key, RANDOM);
    setCoefficient(key, coefficient, 3_329);

    assertThatThrownBy(() -> Kem.encapsulate(key, RANDOM))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static void setCoefficient(byte[] key, int index, int value) {
    int at = index / 2 * 3;
    if (index % 2 == 0) {
      key[at] = (byte) value;
      key[at + 1] = (byte) ((key[at + 1] & 0xf0) | (value >> 8));
    } else {
      key[at + 1] = (byte) ((key[at + 1] & 0x0f) | (value << 4));
      key[at + 2] = (byte) (value >> 4);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1_087, 1_089})
  void aCiphertextOfAnotherSizeIsRefusedAndUsesThePairUp(int size) {
    KemKeyPair pair = KemKeyPair.generate(RANDOM);
    assertThatThrownBy(() -> pair.decapsulate(new byte[size]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(pair.isDestroyed()).isTrue();
  }

  @Test
  void aPairIsGoodForOneCiphertextAndItsSecretPartsAreZerosThen() throws Exception {
    KemKeyPair pair = KemKeyPair.generate(RANDOM);
    byte[] ciphertext = Kem.encapsulate(pair.publicKey(), RANDOM).ciphertext();
    Field field = KemKeyPair.class.getDeclaredField("key");
    field.setAccessible(true);
    Object key = field.get(pair);

    pair.decapsulate(ciphertext);

    for (String part : List.of("s", "nonce", "seed")) {
      Field secret = MLKEMPrivateKeyParameters.class.getDeclaredField(part);
      secret.setAccessible(true);
      assertThat((byte[]) secret.get(key)).as(part).containsOnly(0);
    }
    assertThatThrownBy(() -> pair.decapsulate(ciphertext))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void pairsAreMadeAheadAndThoseThatNobodyTookAreWipedInTheEnd() {
    Queue<Runnable> tasks = new ArrayDeque<>();
    KemKeyPairs pairs = new KemKeyPairs(Schedulers.fromExecutor(tasks::add));
    List<KemKeyPair> taken = new ArrayList<>();
    pairs.next().subscribe(taken::add);
    assertThat(taken).isEmpty();
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
    pairs.next().subscribe(taken::add);
    assertThat(taken).hasSize(2);
    List<KemKeyPair> waiting = pairs.waiting();
    assertThat(waiting).hasSize(KemKeyPairs.AHEAD - 1);

    pairs.destroy();

    assertThat(waiting).allMatch(KemKeyPair::isDestroyed);
    assertThat(taken).noneMatch(KemKeyPair::isDestroyed);
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
