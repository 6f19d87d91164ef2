package io.fluxwire.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In processes of their own, since a library is loaded once. */
class LibSecp256k1LoadingTest {

  @TempDir Path folder;

  private record Outcome(int exitCode, List<String> output, List<String> errors) {}

  private Outcome run(List<String> before, String... flags) throws Exception {
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // What keeps newer JDKs from printing warnings on standard error.
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> flag.startsWith("--enable-native") || flag.startsWith("--sun-misc"))
        .forEach(command::add);
    command.addAll(List.of(flags));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), CurveProcess.class.getName()));
    Path output = folder.resolveSibling(folder.getFileName() + ".out");
    Path errors = folder.resolveSibling(folder.getFileName() + ".err");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile())
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
    Outcome outcome =
        new Outcome(process.exitValue(), Files.readAllLines(output), Files.readAllLines(errors));
    Files.delete(output);
    Files.delete(errors);
    return outcome;
  }

  private static void isBouncyCastleInOneLine(Outcome outcome, String reason) {
    // JDK 25 has a word of its own about a folder for temporary files that is not there.
    assertThat(outcome.errors()).allMatch(line -> line.startsWith("WARNING: java.io.tmpdir"));
    assertThat(outcome.exitCode()).isZero();
    assertThat(outcome.output())
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .startsWith("WARN")
                    .contains("libsecp256k1 cannot be loaded")
                    .contains(reason)
                    .contains("BouncyCastle takes its place"),
            line -> assertThat(line).endsWith("secp256k1 by bouncycastle"),
            line -> assertThat(line).isEqualTo("bouncycastle true"),
            line -> assertThat(line).isEqualTo("bouncycastle true"));
  }

  /** The binding fails in another way here than where the system refuses. */
  @Test
  void whereItWasSentToAFolderThatIsNotThereItIsReplaced() throws Exception {
    isBouncyCastleInOneLine(
        run(List.of(), "-Dfr.acinq.secp256k1.tmpdir=" + folder.resolve("none")), "none");
  }

  @Test
  void whereNothingCanBeWrittenItIsReplaced() throws Exception {
    Path none = folder.resolve("none");

    isBouncyCastleInOneLine(run(List.of(), "-Djava.io.tmpdir=" + none), none.toString());
  }

  /** What a hardened machine's /tmp is. */
  @Test
  void whereNothingMayBeExecutedItIsReplaced() throws Exception {
    List<String> mounted =
        List.of(
            "unshare",
            "-rm",
            "sh",
            "-c",
            "mount -t tmpfs -o noexec tmpfs '" + folder + "' && exec \"$@\"",
            "sh");
    assumeThat(mayMount(mounted)).as("user namespaces").isTrue();

    isBouncyCastleInOneLine(
        run(mounted, "-Djava.io.tmpdir=" + folder), "failed to map segment from shared object");
  }

  private static boolean mayMount(List<String> mounted) throws InterruptedException {
    List<String> command = new ArrayList<>(mounted);
    command.add("true");
    try {
      return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void nothingIsLeftWhereItWasLoadedFrom() throws Exception {
    Outcome outcome = run(List.of(), "-Djava.io.tmpdir=" + folder);

    assertThat(outcome.output()).last().isEqualTo("libsecp256k1 true");
    // JDK 25 has a word of its own about a folder for temporary files that is not there.
    assertThat(outcome.errors()).allMatch(line -> line.startsWith("WARNING: java.io.tmpdir"));
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"openssl: unknown; use ", "libsecp256k1: not usable ("})
  void aChoiceThatIsNotPossibleSaysSoEachTime(String message) throws Exception {
    String wanted = message.substring(0, message.indexOf(':'));

    Outcome outcome =
        run(
            List.of(),
            "-Dfluxwire.secp256k1=" + wanted,
            "-Djava.io.tmpdir=" + folder.resolve("none"));

    assertThat(outcome.output())
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).startsWith("-Dfluxwire.secp256k1=" + message));
  }
}
