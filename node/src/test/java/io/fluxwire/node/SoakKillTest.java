package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A slice of {@code soak --kill}. */
@Tag("processes")
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@ExtendWith(NoStandardInput.class)
class SoakKillTest {

  private final Said out = new Said();
  private final Said err = new Said();

  private static List<File> leftBehind() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files
          .map(Path::toFile)
          .filter(file -> file.getName().startsWith("fluxwire-soak"))
          .toList();
    }
  }

  @Test
  void nothingIsMissingAfterTenKills() throws Exception {
    List<File> before = leftBehind();

    int code =
        Main.run(
            new Output("out", out, false),
            new Output("err", err, true),
            "soak --kill --kills 10 --size 2000 --report 1s".split(" "));

    assertThat(err.toString()).isEmpty();
    assertThat(code).isZero();
    assertThat(out.toString())
        .contains(" 10 kills ")
        .containsPattern("10 kills .* [1-9][0-9,]* packets\\ncame again")
        .endsWith("nothing is missing\n");
    assertThat(leftBehind()).isEqualTo(before);
    assertThat(ProcessHandle.current().children().filter(ProcessHandle::isAlive)).isEmpty();
  }

  @Test
  void aStoreThatLosesWhatItHadIsNoticed() throws Exception {
    KilledNode node = new KilledNode("alice", Path.of("."), List.of());

    node.heard("opened 0 0 0 0 false");
    node.heard("state 5 9 7 8 false");
    assertThat(node.fault()).isNull();
    node.heard("opened 5 9 7 7 false");
    assertThat(node.fault()).isNull();
    assertThat(node.again()).isEqualTo(1);
    for (String less : List.of("4 9 7 7", "5 8 7 7", "5 9 6 6")) {
      KilledNode other = new KilledNode("bob", Path.of("."), List.of());
      other.heard("state 5 9 7 7 false");
      other.heard("opened " + less + " false");
      assertThat(other.fault()).startsWith("bob: its store lost what it had");
    }
  }
}
