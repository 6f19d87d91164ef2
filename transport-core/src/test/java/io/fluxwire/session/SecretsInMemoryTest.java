package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.crypto.Aead;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class SecretsInMemoryTest {

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"libsecp256k1", "bouncycastle"})
  void heapOfFinishedSessionsHoldsNoSecret(String curve) throws Exception {
    List<String> told = run(curve, Dialect.VERSION_3);
    // Of each, two node keys, two session secrets, one they share, and four keys a direction.
    assertThat(told).contains("searched for " + Ending.values().length * 13);
    // What is in use is found, or the search would prove nothing.
    assertThat(told)
        .contains(
            "begun CLOSED: dialer's node key",
            "begun CLOSED: acceptor's node key",
            "begun CLOSED: dialer's AES key",
            "begun CLOSED: acceptor's AES key",
            "begun CLOSED: dialer's HMAC key for the inner hash",
            "begun CLOSED: acceptor's HMAC key for the outer hash");
    assertThat(told).filteredOn(line -> line.startsWith("ended")).isEmpty();
    // These have been used up by then.
    assertThat(told)
        .doesNotContain(
            "begun CLOSED: dialer's session secret",
            "begun CLOSED: acceptor's session secret",
            "begun CLOSED: shared secret");
  }

  @ParameterizedTest
  @EnumSource
  void heapOfFinishedUpgradedSessionsHoldsNoSecret(Aead cipher) throws Exception {
    List<String> told = run("libsecp256k1", Dialect.UPGRADED, cipher.name());
    // What is in use is found, or the search would prove nothing.
    assertThat(told)
        .contains(
            "begun CLOSED: dialer's key 1",
            "begun CLOSED: acceptor's key 1",
            "begun CLOSED: dialer's iv 1",
            "begun CLOSED: acceptor's iv 1",
            "begun CLOSED: dialer's S 2",
            "begun CLOSED: acceptor's S 2",
            "begun CLOSED_WITHOUT_A_RECEIVER: dialer's key 0",
            "begun SIGNER_SILENT: decapsulation key",
            "begun SIGNER_SILENT: KEM seed");
    assertThat(told).filteredOn(line -> line.startsWith("ended")).isEmpty();
    assertThat(told.contains("begun CLOSED: dialer's key 1, as integers"))
        .isEqualTo(cipher == Aead.CHACHA20_POLY1305);
    // These were used up, or rotated out.
    assertThat(told)
        .filteredOn(line -> line.startsWith("begun CLOSED: ") && !line.endsWith("as integers"))
        .containsExactlyInAnyOrder(
            "begun CLOSED: dialer's node key",
            "begun CLOSED: acceptor's node key",
            "begun CLOSED: dialer's key 1",
            "begun CLOSED: acceptor's key 1",
            "begun CLOSED: dialer's iv 1",
            "begun CLOSED: acceptor's iv 1",
            "begun CLOSED: dialer's S 2",
            "begun CLOSED: acceptor's S 2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"libsecp256k1", "bouncycastle"})
  void heapOfFinishedSessionsOfBolt8HoldsNoSecret(String curve) throws Exception {
    List<String> told = run(curve, Dialect.BOLT_8);
    assertThat(told).filteredOn(line -> line.startsWith("ended")).isEmpty();
    // What is in use is found, or the search would prove nothing.
    assertThat(told)
        .contains(
            "begun CLOSED_WITHOUT_A_RECEIVER: dialer's key 0",
            "begun SIGNER_SILENT: dialer's session secret",
            "begun SIGNER_SILENT: chaining key of act 1",
            "begun SIGNER_SILENT: key of act 1");
    // All else was used up, or rotated out.
    assertThat(told)
        .filteredOn(line -> line.startsWith("begun CLOSED: "))
        .containsExactlyInAnyOrder(
            "begun CLOSED: dialer's node key",
            "begun CLOSED: acceptor's node key",
            "begun CLOSED: dialer's key 1",
            "begun CLOSED: acceptor's key 1",
            "begun CLOSED: dialer's key 1, as integers",
            "begun CLOSED: acceptor's key 1, as integers",
            "begun CLOSED: dialer's chaining key 1",
            "begun CLOSED: acceptor's chaining key 1");
  }

  private List<String> run(String curve, Dialect dialect, String... cipher)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "-Xmx256m"));
    if (Runtime.version().feature() >= 24) {
      command.add("--enable-native-access=ALL-UNNAMED");
      command.add("--sun-misc-unsafe-memory-access=allow");
    }
    command.add("-Dfluxwire.secp256k1=" + curve);
    command.addAll(
        List.of(HeapOfFinishedSessions.class.getName(), folder.toString(), dialect.name()));
    command.addAll(List.of(cipher));
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    List<String> lines = Files.readAllLines(output, StandardCharsets.UTF_8);
    assertThat(process.exitValue()).as(String.join("\n", lines)).isZero();
    return lines;
  }
}
