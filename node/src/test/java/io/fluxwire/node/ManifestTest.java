package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** The arguments of the manifest for Kubernetes, which distribution/try runs in the image. */
class ManifestTest {

  private static final Path MANIFEST = Path.of("../docs/deployment/kubernetes/node.yaml");
  private static final Pattern ARGUMENTS =
      Pattern.compile("^ *args:\n((?: *- .*\n)+)", Pattern.MULTILINE);

  private static String[] arguments() throws IOException {
    Matcher found = ARGUMENTS.matcher(Files.readString(MANIFEST));
    assertThat(found.find()).isTrue();
    return found.group(1).lines().map(line -> line.strip().substring(2)).toArray(String[]::new);
  }

  private static ParseResult parse(String... arguments) {
    Output nowhere = new Output("nowhere", OutputStream.nullOutputStream(), false);
    CommandLine commandLine = Main.commandLine(nowhere, nowhere);
    return commandLine.parseArgs(arguments).subcommand();
  }

  @Test
  void theCommandLineTakesItsArguments() throws IOException {
    ParseResult listen = parse(arguments());

    assertThat(listen.commandSpec().name()).isEqualTo("listen");
    assertThat(listen.matchedOptionValue("--http-host", "")).isEqualTo("0.0.0.0");
    assertThat(listen.hasMatchedOption("--key")).isTrue();
  }

  @Test
  void whatItDoesNotKnowIsFound() throws IOException {
    String[] arguments = arguments();
    arguments[1] = arguments[1].replace("--port", "--ports");

    assertThatThrownBy(() -> parse(arguments)).isInstanceOf(UnmatchedArgumentException.class);
  }
}
