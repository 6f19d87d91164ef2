package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.identity.NodeKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

/** What a user may get wrong, command by command, and what the help says of each option. */
class UsageTest {

  private final Said out = new Said();
  private final Said err = new Said();

  private int run(String... args) {
    return Main.run(new Output("out", out, false), new Output("err", err, true), args);
  }

  static Stream<Arguments> options() {
    return Stream.of(
        Arguments.of(
            "demo",
            List.of("--duration", "--size", "--http", "--no-http", "--upgrade", "--post-quantum")),
        Arguments.of(
            "listen",
            List.of(
                "--host",
                "--port",
                "--unix",
                "--allow",
                "--bans",
                "10.0.0.0/8 2030-01-31T12:00:00Z",
                "--echo",
                "--hello",
                "--key",
                "--verbose",
                "--http",
                "--http-host",
                "--upgrade",
                "off: never",
                "--post-quantum",
                "--keep-alive",
                "TIME[,TIMEOUT]",
                "--channel",
                "--store",
                "./fluxwire listen --channel log")),
        Arguments.of(
            "connect",
            List.of(
                "HOST:PORT",
                "unix:PATH",
                "--expect",
                "--key",
                "--verbose",
                "--upgrade",
                "--post-quantum",
                "--keep-alive",
                "--channel",
                "--store",
                "--resume-input",
                "./fluxwire connect host:9735 --channel log")),
        Arguments.of(
            "hello",
            List.of("HOST:PORT", "--expect", "--timeout", "--key", "--verbose", "--upgrade")),
        Arguments.of(
            "soak", List.of("--minutes", "--kill", "--kills", "--upgrade", "--post-quantum")),
        Arguments.of("keygen", List.of("FILE")),
        Arguments.of("id", List.of("FILE")));
  }

  @ParameterizedTest
  @MethodSource("options")
  void helpMentionsEveryOption(String command, List<String> options) {
    assertThat(run(command, "--help")).isZero();
    assertThat(out.toString()).contains(options).contains("--help", "Exit codes:");
    assertThat(err.toString()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("options")
  void theHelpCommandSaysTheSame(String command, List<String> options) {
    assertThat(run("help", command)).isZero();
    assertThat(out.toString()).contains(options);
  }

  @ParameterizedTest
  @ValueSource(strings = {"demo", "listen", "connect h:1", "hello h:1", "keygen f", "id f"})
  void anUnknownOptionExitsWith2(String line) {
    assertThat(run((line + " --xyzzy").split(" "))).isEqualTo(2);
    assertThat(err.toString()).contains("--xyzzy").contains("Usage: fluxwire");
    assertThat(out.toString()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "demo --size big",
        "demo --size -1",
        "demo --size 1048576",
        "demo --http many",
        "demo --http 65536",
        "demo --http 1 --no-http",
        "demo extra",
        "listen --http -1",
        "listen --port 65536",
        "listen --port -1",
        "listen --unix node.sock --port 9735",
        "listen --unix node.sock --host localhost",
        "listen extra",
        "connect h:1 extra",
        "connect unix:",
        "connect h:1 --expect 02",
        "hello h:1 --timeout 999999999h",
        "hello h:1 extra",
        "keygen one two",
        "id one two"
      })
  void aValueThatCannotBeExitsWith2(String line) {
    assertThat(run(line.split(" "))).isEqualTo(2);
    assertThat(err.toString()).contains("Usage: fluxwire");
    assertThat(out.toString()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "listen --upgrade yes | 'yes' is not off, allowed or required",
        "demo --post-quantum REQUIRED | 'REQUIRED' is not off, allowed or required",
        "connect h:1 --keep-alive 29s | '29s' is too often; write 30s or more",
        "connect h:1 --keep-alive often | 'often' is not a duration; write 500ms, 10s, 5m or 1h",
        "connect h:1 --keep-alive 1m,0s | write a timeout above 0, or none",
        "listen --keep-alive 1m,2s,3s | '1m,2s,3s' is not TIME or TIME,TIMEOUT",
        "listen --upgrade off --keep-alive 30s | --keep-alive needs upgraded sessions",
        "soak --upgrade off --post-quantum required | --post-quantum required needs upgraded",
        "hello h:1 --upgrade off --post-quantum required | leave out --upgrade off"
      })
  void whatIsWrongWithAnUpgradeOptionIsSaidWithTheWayOut(String line, String why) {
    assertThat(run(line.split(" "))).isEqualTo(2);
    assertThat(err.toString()).contains(why).contains("Usage: fluxwire");
    assertThat(out.toString()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "connect h:1 --channel c | --channel needs --store DIR",
        "listen --channel c | --channel needs --store DIR",
        "connect h:1 --store d | add --channel NAME",
        "connect h:1 --resume-input | --resume-input needs --channel",
        "connect h:1 --channel c --store d --expect ID | --channel needs --key FILE (keygen",
        "connect h:1 --channel c --store d --key k | --channel needs --expect ID, once",
        "listen --channel c --store d --key k | --channel needs --allow ID, once",
        "listen --channel c --store d --key k --allow ID --allow ID | --allow ID, once",
        "listen --channel c --store d --key k --allow ID --echo | leave out --echo and --hello",
        "listen --channel c --store d --key k --allow ID --upgrade off | leave out --upgrade off",
        "listen --channel = --store d --key k --allow ID | a channel's name has 1 to 255 bytes",
        "soak --kill --upgrade off | leave out --upgrade off",
        "soak --upgrade off | leave out --upgrade off",
        "demo --chaos --upgrade off | leave out --upgrade off",
        "soak --kill --kills -1 | --kills is 0 or more"
      })
  void whatAChannelNeedsIsSaid(String line, String why) {
    String id = NodeKey.generate().id().toString();
    String[] args = line.replace(" ID", " " + id).replace("--channel =", "--channel=").split(" ");

    assertThat(run(args)).isEqualTo(2);
    assertThat(err.toString()).contains(why).contains("Usage: fluxwire");
    assertThat(out.toString()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"30s,30,10", "'1m,5s',60,5", "'30s,2m',30,120"})
  void aPeerMayTakeAThirdOfTheTimeToAnswerUnlessToldOtherwise(
      String text, int interval, int timeout) {
    assertThat(KeepAlive.parse(text))
        .isEqualTo(new KeepAlive(Duration.ofSeconds(interval), Duration.ofSeconds(timeout)));
  }

  @Test
  void theVersionIsPrinted() {
    assertThat(run("--version")).isZero();
    assertThat(out.toString().strip()).matches("fluxwire \\d+\\.\\d+\\.\\d+(-SNAPSHOT)?");
  }

  @Test
  void keygenInAFolderThatIsNotThereNamesTheFileThatWasAskedFor(@TempDir Path folder) {
    Path file = folder.resolve("nosuch").resolve("node.key");

    assertThat(run("keygen", file.toString())).isEqualTo(1);
    assertThat(err.toString().lines())
        .containsExactly("keygen: " + file + ": its folder does not exist");
  }

  @Test
  void listenOnAPortThatIsTakenSaysSo() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(taken.getLocalPort());

      assertThat(run("listen", "--host", "127.0.0.1", "--port", port)).isEqualTo(1);
      assertThat(err.toString().lines())
          .singleElement()
          .asString()
          .contains("127.0.0.1:" + port)
          .containsIgnoringCase("in use");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"999999999h", "999999999m", "876001h"})
  void aDurationThatNoTimerCountsIsRefused(String text) {
    assertThatThrownBy(() -> Durations.parse(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("too long");
  }

  @Test
  void theLongestDurationIsAHundredYears() {
    assertThat(Durations.parse("876000h").toDays()).isEqualTo(36_500);
    assertThat(Durations.parse("999999999s").toSeconds()).isEqualTo(999_999_999);
    assertThat(Durations.parse("0s")).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"[2001:db8::1]:65535", "[fe80::1%eth0]:0", "[::ffff:192.0.2.1]:1"})
  void anIpv6AddressIsInBrackets(String text) {
    InetSocketAddress parsed = HostAndPort.parse(text);

    assertThat("[" + parsed.getHostString() + "]:" + parsed.getPort()).isEqualTo(text);
    assertThat(parsed.isUnresolved()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]:1", "[::1]", "[::1]1", "[::1", "::1]:1", "h:+1", "h:-1", "h:1:2"})
  void bracketsMatch(String text) {
    assertThatThrownBy(() -> HostAndPort.parse(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("HOST:PORT");
  }
}
