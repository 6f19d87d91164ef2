package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process keeps of Fluxwire once it has cleaned up. */
class ThreadsTest {

  @Test
  void aProcessThatDisposesEverythingEndsByItselfAndLeavesNoThread(@TempDir Path folder)
      throws Exception {
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-Xmx128m",
                ShortLife.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(process.waitFor(4, TimeUnit.MINUTES)).as("it ends by itself").isTrue();
    } finally {
      process.destroyForcibly();
    }
    List<String> told = Files.readAllLines(output);
    assertThat(process.exitValue()).as("%s", told).isZero();
    assertThat(told)
        .containsSubsequence(
            Stream.concat(
                    Collections.nCopies(10, "answered").stream(),
                    Stream.of(
                        "curve threads: true",
                        "5 connections drained, 0 aborted, not delivered: nothing",
                        "left: []"))
                .toList());
  }
}
