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
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/** What a user may get wrong, command by command, and what the help says of each option. */
@ExtendWith(NoStandardInput.class)
class UsageTest {

  private final Said out = new Said();
  private final Said err = new Said();

  private int run(String... args) {
    return Main.run(new Output("out", out, false), new Output("err", err, true), args);
  }

  /** All that is said of wrong usage. */
  private AbstractStringAssert<?> oneLine() {
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString().lines()).hasSize(1);
    return assertThat(err.toString().strip())
        .matches("[a-z-]+: .*[^.][.?] See 'fluxwire[a-z- ]* --help'\\.")
        .doesNotContain("Exception", "java", "index 0", " int", "boolean", "parameter");
  }

  static Stream<Arguments> options() {
    return Stream.of(
        Arguments.of(
            "demo", List.of("--duration", "--size", "--http", "--no-http", "--upgrade", "--bolt8")),
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
                "--bolt8",
                "--v3",
                "--features",
                "fluxwire listen --channel log")),
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
                "--bolt8",
                "--init",
                "--features",
                "fluxwire connect host:9735 --channel log")),
        Arguments.of(
            "hello",
            List.of(
                "HOST:PORT",
                "--expect",
                "--timeout",
                "--key",
                "--verbose",
                "--upgrade",
                "fluxwire hello --bolt8 ID@HOST:PORT")),
        Arguments.of(
            "soak", List.of("--minutes", "--kill", "--kills", "--upgrade", "--post-quantum")),
        Arguments.of(
            "fleet",
            List.of(
                "ENGINE",
                "ID",
                "--watch",
                "--timeout",
                "--instance",
                "--fleet-name",
                "--key",
                "--json",
                "fluxwire fleet redis://localhost")),
        Arguments.of("keygen", List.of("FILE")),
        Arguments.of("doctor", List.of("HOST:PORT", "--key", "--json", "--verbose")),
        Arguments.of("completion", List.of("bash", "zsh", "fluxwire completion bash")),
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
    oneLine().contains("there is no option --xyzzy");
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
    oneLine();
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
    oneLine().contains(why);
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
    oneLine().contains(why);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "hello --bolt8 h:1 | write ID@HOST:PORT, or add --expect ID",
        "connect --bolt8 h:1 unix:/path | write ID@HOST:PORT, or add --expect ID",
        "connect --bolt8 ID@h:1 OTHER@h:2 | all places are tried for one node: give one ID, not 2",
        "hello ID@h:1 --expect OTHER | all places are tried for one node: give one ID, not 2",
        "hello 00@h:1 | HOST:PORT: '00' is not a node id: it has 66 hex digits",
        "hello --bolt8 ID@h | HOST:PORT: 'h' is not HOST:PORT",
        "hello --bolt8 ID@h:1 --upgrade required | --upgrade required needs upgraded sessions",
        "connect --bolt8 ID@h:1 --post-quantum required | which BOLT 8 does not have",
        "connect --bolt8 ID@h:1 --keep-alive 30s | --keep-alive needs upgraded sessions, which",
        "connect --bolt8 ID@h:1 --channel c | --channel needs upgraded sessions, which BOLT 8",
        "connect ID@h:1 --init | --init is about Lightning nodes: add --bolt8",
        "connect --bolt8 ID@h:1 --features 7 | --features is what init has: add --init",
        "hello ID@h:1 --features 7 | --features is about Lightning nodes: add --bolt8",
        "hello --bolt8 ID@h:1 --features 7,x | --features: 'x' is not a whole number",
        "hello --bolt8 ID@h:1 --features -1 | a feature bit is 0 to",
        "listen --features 7 | --features is about Lightning nodes: add --bolt8",
        "listen --bolt8 --features 7 | --features is what init has: add --hello",
        "listen --bolt8 --v3 --hello | leave out --v3 or --hello",
        "listen --bolt8 --channel c | --channel needs upgraded sessions, which BOLT 8",
        "listen --bolt8 --keep-alive 30s | --keep-alive needs upgraded sessions, which BOLT 8",
        "listen --bolt8 --v3 --post-quantum required | --post-quantum required needs upgraded",
        "demo --bolt8 --upgrade required | --upgrade required needs upgraded sessions, which",
        "demo --bolt8 --chaos | --chaos needs upgraded sessions, which BOLT 8 does not have",
        "demo --bolt8 --size 65472 | --size is 0 to 65,471, not 65,472"
      })
  void whatDoesNotGoTogetherWithBolt8IsSaidWithTheWayOut(String line, String why) {
    String id = NodeKey.generate().id().toString();
    String other = NodeKey.generate().id().toString();

    assertThat(run(line.replace("ID@", id + "@").replace("OTHER", other).split(" "))).isEqualTo(2);
    oneLine().contains(why);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "keygn | fluxwire: there is no command 'keygn'; did you mean keygen? See 'fluxwire --help'.",
        "help listne | there is no command 'listne'; did you mean listen?",
        "xyzzy | fluxwire: there is no command 'xyzzy'. See 'fluxwire --help'.",
        "listen --prot 1 | listen: there is no option --prot; did you mean --port?",
        "listen --prot=1 | there is no option --prot; did you mean --port?",
        "listen --http-hots=x | did you mean --http-host?",
        "listen --post | did you mean --host, --port or --post-quantum?",
        "hello h:1 --timout 5s | did you mean --timeout?",
        "connect h:1 --recon | did you mean --reconnect?",
        "soak-nod | fluxwire: there is no command 'soak-nod'. See",
        "--prt 1 listen | fluxwire: there is no option --prt. See",
        "--port 1 listen | fluxwire: --port goes behind a command: listen --port. See",
        "--timeout 1s | --timeout goes behind a command: hello --timeout or fleet --timeout. See",
        "listen --port | listen: --port needs a value: --port PORT. See 'fluxwire listen --help'.",
        "connect h:1 --key | connect: --key needs a value: --key FILE. See",
        "connect | connect: HOST:PORT is missing. See 'fluxwire connect --help'.",
        "keygen | keygen: FILE is missing. See",
        "listen --port many | listen: --port: 'many' is not a whole number. See",
        "soak --seed 1.5 | soak: --seed: '1.5' is not a whole number. See",
        "soak --minutes few | soak: --minutes: 'few' is not a number. See",
        "listen --echo=5 | listen: --echo takes no value. See",
        "listen --port 1 --port 2 | listen: --port is given more than once. See",
        "listen --echo --hello | listen: --echo and --hello cannot be given together: choose one.",
        "demo --http 1 --no-http | --http and --no-http cannot be given together",
        "keygen one two | keygen: 'two' is one argument too many. See",
        "hello h:1 --key= | hello: --key: the name of a file or folder is empty. See",
        "hello h:1 --proxy http://p:1 | --proxy: 'http://p:1' is not socks5://[USER@]HOST:PORT. See",
        "hello h:1 --proxy socks5://p | hello: --proxy:",
        "hello h:1 --proxy socks5://@p:1 | is not socks5://[USER@]HOST:PORT. See",
        "hello h:1 --proxy socks5://a@p:1 | --proxy-password FILE goes with a USER of --proxy",
        "hello h:1 --proxy-password f | --proxy-password FILE goes with a USER of --proxy",
        "listen --proxy-protocol here | listen: --proxy-protocol:"
      })
  void whatIsWrongIsSaidInWordsOfTheCommandLine(String line, String why) {
    assertThat(run(line.split(" "))).isEqualTo(2);
    oneLine().contains(why);
  }

  static Stream<Arguments> commandsAndWidths() {
    return Stream.of(80, 120)
        .flatMap(
            width ->
                Stream.concat(Stream.of(""), options().map(o -> (String) o.get()[0]))
                    .map(command -> Arguments.of(command, width)));
  }

  /** A text that is wrapped by hand and then again has short lines between the long ones. */
  @ParameterizedTest
  @MethodSource("commandsAndWidths")
  void helpIsWrappedOnceAndFillsTheTerminal(String command, int width) {
    Output nowhere = new Output("out", out, false);
    CommandLine root = Main.commandLine(nowhere, nowhere);
    CommandLine asked = command.isEmpty() ? root : root.getSubcommands().get(command);
    List<String> lines = asked.setUsageHelpWidth(width).getUsageMessage().lines().toList();

    for (int i = 0; i + 1 < lines.size(); i++) {
      String line = lines.get(i);
      String next = lines.get(i + 1);
      assertThat(line.length()).as(line).isLessThanOrEqualTo(width);
      if (goesOn(line, next)) {
        String word = next.strip().split(" ", 2)[0];
        assertThat(line.length() + 1 + word.length())
            .as("'%s' has room for '%s'", line, word)
            .isGreaterThanOrEqualTo(width);
      }
    }
  }

  /** Whether the second line is the same paragraph, or the same text of an option. */
  private static boolean goesOn(String line, String next) {
    boolean paragraph = line.matches("\\w.*[^:]") && next.matches("\\w.*");
    boolean option = line.matches(" .*") && next.matches(" {11,}\\S.*") && !next.contains("  -");
    boolean labelAlone = line.matches(" +-\\S+");
    return (paragraph || option) && !labelAlone;
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
        .containsExactly("keygen: " + file + ": its folder does not exist (make it first)");
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
