package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Any command line: a command with its values, or wrong usage in words. */
class CommandLineFuzzTest {

  private static final List<String> WORDS =
      List.of(
          "demo",
          "listen",
          "connect",
          "hello",
          "soak",
          "keygen",
          "id",
          "help",
          "--host",
          "--port",
          "--key",
          "--allow",
          "--echo",
          "--hello",
          "--expect",
          "--timeout",
          "--reconnect",
          "--duration",
          "--size",
          "--chaos",
          "--bolt8",
          "--v3",
          "--init",
          "--features",
          "7,13",
          "02@127.0.0.1:9735",
          "--minutes",
          "--seed",
          "-v",
          "--help",
          "--version",
          "10s",
          "127.0.0.1:9735",
          "[::1]:1",
          "0",
          "-1",
          "@file",
          "--");

  @FuzzTest
  void parse(FuzzedDataProvider data) {
    List<String> arguments = new ArrayList<>();
    int count = data.consumeInt(0, 8);
    for (int i = 0; i < count; i++) {
      String any = data.consumeBoolean() ? data.pickValue(WORDS) : data.consumeString(20);
      // A file of arguments is picocli's to read, and not for a fuzzer.
      arguments.add(any.startsWith("@") ? "@@" + any.substring(1) : any);
    }
    Output nowhere = new Output("nowhere", OutputStream.nullOutputStream(), false);
    CommandLine commandLine = Main.commandLine(nowhere, nowhere);
    try {
      CommandLine.ParseResult parsed = commandLine.parseArgs(arguments.toArray(String[]::new));
      // Who asks for help gets it, whatever else is there.
      if (parsed.asCommandLineList().stream().noneMatch(CommandLineFuzzTest::helps)) {
        assertThat(parsed.unmatched()).isEmpty();
      }
    } catch (ParameterException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  private static boolean helps(CommandLine command) {
    return command.isUsageHelpRequested()
        || command.isVersionHelpRequested()
        || command.getCommandSpec().helpCommand();
  }
}
