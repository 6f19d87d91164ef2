package io.fluxwire.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.crypto.Secp256k1;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;

/** Any file as a key: its key, which saves as the same bytes, or a message without the content. */
class KeyFileFuzzTest {

  @FuzzTest
  void load(byte[] content) throws IOException {
    Path folder = Files.createTempDirectory("key");
    Path file = folder.resolve("node.key");
    Path copy = folder.resolve("copy.key");
    try {
      Files.write(file, content);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));
      boolean valid = content.length == 32 && Secp256k1.bouncyCastle().isSecret(content);
      NodeKey key;
      try {
        key = NodeKey.load(file);
      } catch (IOException e) {
        assertThat(valid).as("refused").isFalse();
        if (content.length >= 4) {
          assertThat(e.toString()).doesNotContain(HexFormat.of().formatHex(content));
        }
        return;
      }
      assertThat(valid).as("taken").isTrue();
      assertThat(key.id().toBytes()).isEqualTo(Secp256k1.bouncyCastle().publicKey(content));
      assertThat(key.toString()).doesNotContain(HexFormat.of().formatHex(content));
      key.save(copy);
      assertThat(Files.readAllBytes(copy)).isEqualTo(content);
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(copy);
      Files.delete(folder);
    }
  }
}
