package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real shells complete the command line. */
@Timeout(value = 1, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("processes")
@ExtendWith(NoStandardInput.class)
class CompletionTest {

  @TempDir private Path folder;
  private Path home;

  @BeforeEach
  void files() throws IOException {
    home = Files.createDirectories(folder.resolve("home"));
    Files.writeString(home.resolve("alice.key"), "");
  }

  private Path script(String shell) throws IOException {
    Said out = new Said();
    Output err = new Output("err", new Said(), true);
    assertThat(Main.run(new Output("out", out, false), err, "completion", shell)).isZero();
    return Files.writeString(folder.resolve("completion"), out.toString());
  }

  /** What a shell prints that runs this, with $SCRIPT as the completion and $1 as the line. */
  private String run(String shell, String command, String line) throws Exception {
    Path printed = folder.resolve("printed");
    ProcessBuilder builder =
        new ProcessBuilder(shell, "-c", command, shell, line)
            .directory(home.toFile())
            .redirectErrorStream(true)
            .redirectOutput(printed.toFile());
    builder.environment().put("SCRIPT", script(shell).toString());
    assertThat(builder.start().waitFor()).as(Files.readString(printed)).isZero();
    return Files.readString(printed);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fluxwire lis | listen",
        "./fluxwire h | hello help",
        "fluxwire soak- | ''",
        "fluxwire listen --ho | --host",
        "fluxwire listen -v --key ali | alice.key",
        "fluxwire listen --upgrade | off allowed required",
        "fluxwire connect h:1 --post-quantum re | required",
        "fluxwire id ali | alice.key",
        "fluxwire completion | bash zsh",
      })
  void bashCompletes(String line, String words) throws Exception {
    assumeThat(Path.of("/bin/bash")).exists();
    // Without a word begun, the next one is empty.
    String typed = line.matches(".*(--upgrade|completion)") ? line + " ''" : line;
    String complete =
        """
        compopt() { :; }
        . "$SCRIPT" || exit
        eval "COMP_WORDS=($1)"
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _complete_fluxwire
        echo ${COMPREPLY[*]}
        """;

    assertThat(run("bash", complete, typed).strip().split(" "))
        .containsExactlyInAnyOrder(words.split(" "));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ". \"$SCRIPT\"",
        // Where packages put it; it is read when the first word is completed.
        "cp \"$SCRIPT\" _fluxwire; fpath=($PWD $fpath); compinit -u -D"
      })
  void zshCompletes(String setUp) throws Exception {
    assumeThat(Path.of("/bin/zsh")).exists();
    // In a terminal, where somebody types: the answer is waited for.
    String type =
        """
        zmodload zsh/zpty
        zpty shell TERM=dumb zsh -f
        # Not in one word, so that the echo of this is not taken for the prompt.
        zpty -w shell 'autoload -Uz compinit; compinit -D; '"$1"'; PS1=PRO"MPT "'
        zpty -r shell line '*PROMPT *'
        zpty -n -w shell $'fluxwire lis\\tXX'
        zpty -r shell line '*XX*'; echo "$line"
        zpty -n -w shell $'\\C-ufluxwire hello --upgrade req\\tYY'
        zpty -r shell line '*YY*'; echo "$line"
        """;

    assertThat(run("zsh", type, setUp)).contains("listen", "required");
  }
}
