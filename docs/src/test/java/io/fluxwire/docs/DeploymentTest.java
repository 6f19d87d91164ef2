package io.fluxwire.docs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The files of the page on deployment. */
class DeploymentTest {

  @Test
  void systemdAcceptsTheUnit() throws Exception {
    assumeThat(
            Stream.of(System.getenv("PATH").split(":", -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "systemd-analyze"))))
        .as("systemd is installed")
        .isTrue();
    assumeThat(Path.of("/usr/bin/java"))
        .as("what the unit starts, which has to be there")
        .isExecutable();
    Process analysis =
        new ProcessBuilder("systemd-analyze", "verify", "deployment/fluxwire-node.service")
            .redirectErrorStream(true)
            .start();
    String said = new String(analysis.getInputStream().readAllBytes(), UTF_8);
    assertThat(analysis.waitFor()).as(said).isZero();
    assertThat(said).doesNotContain("fluxwire-node.service");
  }
}
