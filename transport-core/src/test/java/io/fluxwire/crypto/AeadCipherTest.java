package io.fluxwire.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Field;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AeadCipherTest {

  private static TrafficSecret secret() {
    byte[] secret = new byte[TrafficSecret.SIZE];
    Arrays.fill(secret, (byte) 9);
    return TrafficSecret.of(secret);
  }

  private static byte[] bytes(AeadCipher cipher, String field) {
    try {
      Field secret = AeadCipher.class.getDeclaredField(field);
      secret.setAccessible(true);
      Object value = secret.get(cipher);
      if (value instanceof WipeableKey) {
        Field bytes = WipeableKey.class.getDeclaredField("bytes");
        bytes.setAccessible(true);
        value = bytes.get(value);
      }
      return (byte[]) value;
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  @ParameterizedTest
  @EnumSource(Aead.class)
  void whatIsSealedIsOpenedUnderKeysThatAreReplaced(Aead aead) {
    AeadCipher sealing = AeadCipher.sealing(aead, secret());
    AeadCipher opening = AeadCipher.opening(aead, secret());
    byte[] plain = {1, 2, 3};
    byte[] sealed = new byte[3 + Aead.TAG_SIZE];
    byte[] opened = new byte[3];
    for (int i = 0; i < 10; i++) {
      sealing.seal(plain, 0, 3, sealed, 0);
      byte[] before = sealed.clone();
      assertThat(opening.open(sealed, 0, sealed.length, opened, 0)).isTrue();
      assertThat(opened).isEqualTo(plain);
      if (i % 3 == 2) {
        sealing.rotate();
        opening.rotate();
      }
      sealing.seal(plain, 0, 3, sealed, 0);
      assertThat(sealed).isNotEqualTo(before);
      sealed[18] ^= 1;
      assertThat(opening.open(sealed, 0, sealed.length, opened, 0)).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource(Aead.class)
  void keysAreZerosOnceTheyAreReplacedAndAtTheEnd(Aead aead) {
    for (AeadCipher cipher :
        new AeadCipher[] {AeadCipher.sealing(aead, secret()), AeadCipher.opening(aead, secret())}) {
      for (int i = 0; i < 2; i++) {
        byte[] key = bytes(cipher, "key");
        byte[] iv = bytes(cipher, "iv");
        byte[] next = bytes(cipher, "next");
        // Twice in a row, too: nothing need be sealed in between.
        cipher.rotate();
        for (byte[] secret : new byte[][] {key, iv, next}) {
          assertThat(secret).containsOnly(0);
        }
      }
      byte[] key = bytes(cipher, "key");
      cipher.destroy();
      cipher.destroy();
      assertThat(key).containsOnly(0);
      assertThat(bytes(cipher, "iv")).containsOnly(0);
      assertThat(bytes(cipher, "next")).containsOnly(0);
      assertThat(bytes(cipher, "nonce")).containsOnly(0);
      assertThat(cipher.isDestroyed()).isTrue();
    }
  }

  @Test
  void destroyedKeysSealNothing() {
    AeadCipher cipher = AeadCipher.sealing(Aead.AES_128_GCM, secret());
    cipher.destroy();
    assertThatThrownBy(() -> cipher.seal(new byte[2], 0, 2, new byte[18], 0))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(cipher::rotate).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void keysServeTwoToTheTwentySeals() {
    AeadCipher cipher = AeadCipher.sealing(Aead.AES_128_GCM, secret());
    byte[] sealed = new byte[18];
    for (int i = 0; i < AeadCipher.SEALS; i++) {
      assertThat(cipher.isUsedUp()).isFalse();
      cipher.seal(new byte[2], 0, 2, sealed, 0);
    }
    assertThat(cipher.isUsedUp()).isTrue();
    assertThatThrownBy(() -> cipher.seal(new byte[2], 0, 2, sealed, 0))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aSecretMakesOneCipher() {
    TrafficSecret secret = secret();
    AeadCipher.sealing(Aead.AES_128_GCM, secret);
    assertThatThrownBy(() -> AeadCipher.opening(Aead.AES_128_GCM, secret))
        .isInstanceOf(IllegalStateException.class);
  }
}
