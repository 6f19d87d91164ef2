package io.fluxwire.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Field;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Random;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NoiseCipherTest {

  private static ChainedKey keys() {
    byte[] chainingKey = new byte[ChainedKey.SIZE];
    byte[] key = new byte[ChainedKey.SIZE];
    Arrays.fill(chainingKey, (byte) 1);
    Arrays.fill(key, (byte) 2);
    return ChainedKey.of(chainingKey, key);
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private static byte[] bytes(Object holder, String field) {
    try {
      Field secret = holder.getClass().getDeclaredField(field);
      secret.setAccessible(true);
      return (byte[]) secret.get(holder);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  /** On both sides of where another implementation takes over. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 16, 63, 64, 65, 66, 1_000, 65_535})
  void everySizeIsSealedAsTheJdkSealsIt(int size) throws GeneralSecurityException {
    byte[] plain = random(size);
    byte[] sealed = new byte[size + Aead.TAG_SIZE];
    byte[] opened = new byte[size];
    NoiseCipher sealing = NoiseCipher.start(keys());
    NoiseCipher opening = NoiseCipher.start(keys());
    for (int counter = 0; counter < 3; counter++) {
      sealing.seal(plain, 0, size, sealed, 0);
      Cipher jdk = Cipher.getInstance("ChaCha20-Poly1305");
      byte[] key = new byte[32];
      Arrays.fill(key, (byte) 2);
      byte[] nonce = new byte[12];
      nonce[4] = (byte) counter;
      jdk.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "ChaCha20"), new IvParameterSpec(nonce));
      assertThat(sealed).isEqualTo(jdk.doFinal(plain));
      assertThat(opening.open(sealed, 0, sealed.length, opened, 0)).isTrue();
      assertThat(opened).isEqualTo(plain);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 64, 65, 1_000})
  void whatWasChangedIsNotOpened(int size) {
    byte[] sealed = new byte[size + Aead.TAG_SIZE];
    NoiseCipher.start(keys()).seal(random(size), 0, size, sealed, 0);
    sealed[size] ^= 1;
    assertThat(NoiseCipher.start(keys()).open(sealed, 0, sealed.length, new byte[size], 0))
        .isFalse();
  }

  @Test
  void aKeyServesAThousandSealsAndIsWiped() {
    NoiseCipher cipher = NoiseCipher.start(keys());
    byte[] first = bytes(cipher, "key").clone();
    byte[] sealed = new byte[Aead.TAG_SIZE];
    for (int i = 0; i < NoiseCipher.SEALS - 1; i++) {
      cipher.seal(new byte[0], 0, 0, sealed, 0);
    }
    assertThat(bytes(cipher, "key")).isEqualTo(first);
    cipher.seal(new byte[0], 0, 0, sealed, 0);
    assertThat(bytes(cipher, "key")).isNotEqualTo(first);
  }

  @Test
  void keysAreZerosAtTheEnd() {
    NoiseCipher cipher = NoiseCipher.start(keys());
    byte[] sealed = new byte[1_000 + Aead.TAG_SIZE];
    cipher.seal(new byte[1_000], 0, 1_000, sealed, 0);
    cipher.seal(new byte[2], 0, 2, sealed, 0);
    cipher.destroy();
    cipher.destroy();
    assertThat(bytes(cipher, "key")).containsOnly(0);
    assertThat(bytes(cipher, "chainingKey")).containsOnly(0);
    assertThat(cipher.isDestroyed()).isTrue();
    assertThatThrownBy(() -> cipher.seal(new byte[2], 0, 2, sealed, 0))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> cipher.open(sealed, 0, 18, new byte[2], 0))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aKeyMakesOneCipher() {
    ChainedKey keys = keys();
    NoiseCipher.start(keys);
    assertThatThrownBy(() -> NoiseCipher.start(keys)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aHandshakeThatIsOverMixesNothing() {
    NoiseState state = NoiseState.initialize("n".repeat(32), new byte[0], new byte[33]);
    byte[] secret = random(32);
    state.destroy();
    assertThatThrownBy(() -> state.mixKey(secret)).isInstanceOf(IllegalStateException.class);
    assertThat(secret).containsOnly(0);
    assertThatThrownBy(() -> state.encryptAndHash(new byte[0]))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(state::split).isInstanceOf(IllegalStateException.class);
  }
}
