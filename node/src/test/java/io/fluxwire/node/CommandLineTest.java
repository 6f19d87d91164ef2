package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.identity.NodeKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoStandardInput.class)
class CommandLineTest {

  private static final String ALL_ARRIVED =
      "sent ([0-9,]+) packets, delivered \\1: 0 duplicates, 0 lost; [0-9,]+ reconnects";

  private final Said out = new Said();
  private final Said err = new Said();

  private int run(String... args) {
    return Main.run(new Output("out", out, false), new Output("err", err, true), args);
  }

  @Test
  void keygenMakesAKeyAndIdPrintsItsNodeId(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("node.key");

    assertThat(run("keygen", file.toString())).isZero();
    assertThat(run("id", file.toString())).isZero();
    String id = NodeKey.load(file).id().toString();
    assertThat(out.toString().lines()).containsExactly(id, id);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("r--------");
  }

  @Test
  void keygenNeverOverwrites(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("precious"), "precious");

    assertThat(run("keygen", file.toString())).isEqualTo(1);
    assertThat(file).hasContent("precious");
    assertThat(err.toString().lines()).singleElement().asString().contains("never overwritten");
  }

  @Test
  void idOfABadKeyFileSaysWhatIsWrong(@TempDir Path folder) throws IOException {
    Path open = Files.write(folder.resolve("open"), new byte[32]);
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
    Path small = Files.write(folder.resolve("small"), new byte[31]);
    Files.setPosixFilePermissions(small, PosixFilePermissions.fromString("r--------"));

    assertThat(run("id", open.toString())).isEqualTo(1);
    assertThat(run("id", small.toString())).isEqualTo(1);
    assertThat(run("id", folder.resolve("missing").toString())).isEqualTo(1);
    assertThat(err.toString().lines())
        .satisfiesExactly(
            line -> assertThat(line).contains("chmod 400"),
            line -> assertThat(line).contains("31 bytes"),
            line -> assertThat(line).contains("no such file"));
  }

  @Test
  void listenWithoutItsBansDoesNotStart(@TempDir Path folder) throws IOException {
    Path bad = Files.writeString(folder.resolve("bad"), "10.0.0.0/8 tomorrow\n");

    assertThat(run("listen", "--port", "0", "--bans", bad.toString())).isEqualTo(1);
    assertThat(run("listen", "--port", "0", "--bans", folder.resolve("none").toString()))
        .isEqualTo(1);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString().lines())
        .satisfiesExactly(
            line -> assertThat(line).contains("line 1"),
            line -> assertThat(line).contains("no such file (an empty one bans nobody)"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "demo --duration soon",
        "soak --minutes 0",
        "soak --size -1",
        "listen --echo --hello",
        "listen --port many",
        "listen --allow 1234",
        "connect",
        "connect localhost",
        "hello localhost:99999",
        "hello localhost:1 --expect xyz",
        "keygen",
        "id"
      })
  void wrongUsageExitsWith2(String line) {
    assertThat(run(line.split(" "))).isEqualTo(2);
    assertThat(err.toString().lines()).singleElement().asString().endsWith(" --help'.");
    assertThat(out.toString()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"hello localhost:1 --expect 00", "listen --allow 00"})
  void whatIsNoNodeIdIsExplained(String line) {
    assertThat(run(line.split(" "))).isEqualTo(2);
    assertThat(err.toString()).contains("'00' is not a node id: it has 66 hex digits");
    assertThat(err.toString()).doesNotContain("Exception");
  }

  @ParameterizedTest
  @ValueSource(strings = {"listen", "connect"})
  void howLongAStopTakesIsInTheHelp(String command) {
    assertThat(run(command, "--help")).isZero();
    assertThat(out.toString().replaceAll("\\s+", " "))
        .contains(StopSignal.DRAIN_TIMEOUT.toSeconds() + " s to go out");
  }

  @Test
  void anUnknownCommandIsAnsweredWithThoseThatAreMeant() {
    assertThat(run("keygn")).isEqualTo(2);
    assertThat(err.toString()).contains("keygen");
  }

  @Test
  void noCommandExitsWith2AndTeaches() {
    assertThat(run()).isEqualTo(2);
    assertThat(err.toString()).contains("Usage: fluxwire").contains("demo");
  }

  @ParameterizedTest
  @CsvSource({
    "demo,--duration",
    "soak,--minutes",
    "listen,--allow",
    "connect,--expect",
    "hello,--timeout",
    "keygen,FILE",
    "id,FILE"
  })
  void helpIsEverywhere(String command, String mentions) {
    assertThat(run(command, "--help")).isZero();
    assertThat(out.toString()).contains("Usage: fluxwire " + command).contains(mentions);
  }

  @ParameterizedTest
  @CsvSource({"localhost:1,connect failed", "nosuch.invalid:1,resolve failed"})
  void helloSaysInOneLineWhichStageFailed(String remote, String stage) {
    assertThat(run("hello", remote)).isEqualTo(1);
    assertThat(err.toString().lines()).singleElement().asString().contains(stage);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void demoStreamsAndSummarises() {
    assertThat(run("demo", "--duration", "1s")).as(err.toString()).isZero();
    assertThat(out.toString())
        .containsPattern("page  http://127\\.0\\.0\\.1:\\d+/ shows it live")
        .contains("connected and authenticated")
        .contains("hello from alice")
        .containsPattern(
            "round trip before the stream: p50 [\\d.]+ ms, p99 [\\d.]+ ms \\(200 pings")
        .containsPattern("packets/s .* in all  \\(warming up\\)")
        .doesNotContain("after the first")
        .contains("every packet arrived whole and in order");
  }

  @Test
  void demoLeavesItsWarmUpOutOfOneSum() {
    assertThat(run("demo", "--no-http", "--duration", "3s")).as(err.toString()).isZero();
    assertThat(out.toString())
        .containsPattern("of these after .* Java warms up: [\\d,]+ packets/s");
  }

  @Test
  void demoRunsWithoutItsPage() {
    assertThat(run("demo", "--no-http", "--duration", "1s")).as(err.toString()).isZero();
    assertThat(out.toString())
        .doesNotContain("page")
        .contains("every packet arrived whole and in order");
  }

  @Test
  void demoSpeaksBolt8() {
    assertThat(run("demo", "--bolt8", "--no-http", "--duration", "1s")).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("connected and authenticated (bolt8, ChaCha20-Poly1305)")
        .contains("hello from alice")
        .contains("every packet arrived whole and in order");
  }

  @Test
  void demoHealsUnderChaos() {
    assertThat(run("demo", "--chaos", "--duration", "3s")).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("last fault")
        .contains("faults: ")
        .containsPattern(ALL_ARRIVED)
        .endsWith("every packet arrived once and in order, each byte as it was sent\n");
  }

  @Test
  void soakChecksEveryByte() {
    assertThat(run("soak", "--minutes", "0.1", "--report", "1s")).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("connections")
        .contains("took up again")
        .containsPattern(ALL_ARRIVED)
        .endsWith("every packet arrived once and in order, each byte as it was sent\n");
  }
}
