package io.fluxwire.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyFileAccessTest {

  private static final int ROOT = 0;
  private static final int NOBODY = 65534;

  @ParameterizedTest
  @CsvSource({
    "r--r-----,true",
    "rw-r-----,true",
    "r--------,true",
    "r--rw----,false",
    "r--r-x---,false",
    "r--r--r--,false",
    "r-----r--,false",
  })
  void anotherUsersGroupMayReadWhatRootOwns(String mode, boolean permitted) {
    assertThat(KeyFileAccess.permits(ROOT, NOBODY, PosixFilePermissions.fromString(mode)))
        .isEqualTo(permitted);
  }

  @ParameterizedTest
  @CsvSource({"0,0", "65534,65534", "65533,65534", "65534,0"})
  void noGroupMayReadWhatAnotherOwns(int owner, int self) {
    assertThat(KeyFileAccess.permits(owner, self, PosixFilePermissions.fromString("r--r-----")))
        .isFalse();
  }

  @Test
  void aFileOfThisUserIsForThisUserAlone(@TempDir Path folder) throws Exception {
    Path file = Files.createFile(folder.resolve("key"));
    assertThat(KeyFileAccess.permits(file, PosixFilePermissions.fromString("r--------"))).isTrue();
    assertThat(KeyFileAccess.permits(file, PosixFilePermissions.fromString("r--r-----"))).isFalse();
  }
}
