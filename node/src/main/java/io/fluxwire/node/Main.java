package io.fluxwire.node;

import io.fluxwire.NodeId;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.TypeConversionException;

/** The command line. Exit codes: 0 done, 1 failed, 2 wrong usage. */
@Command(
    name = "fluxwire",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Main.Version.class,
    description = "Encrypted, authenticated peer connections (version 3 inter-node crypto).",
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:done", "1:failed; one line on standard error says why", "2:wrong usage"},
    subcommands = {
      DemoCommand.class,
      ListenCommand.class,
      ConnectCommand.class,
      HelloCommand.class,
      SoakCommand.class,
      KeygenCommand.class,
      IdCommand.class,
      HelpCommand.class
    })
public final class Main {

  private Main() {}

  /**
   * Runs a command and exits with its code.
   *
   * @param args the command line
   */
  public static void main(String[] args) {
    // What peers send is UTF-8, whatever the locale.
    CommandLine commandLine =
        commandLine().setOut(utf8(FileDescriptor.out)).setErr(utf8(FileDescriptor.err));
    StopSignal.exit(commandLine.execute(args));
  }

  private static PrintWriter utf8(FileDescriptor to) {
    return new PrintWriter(new FileOutputStream(to), true, StandardCharsets.UTF_8);
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .registerConverter(Duration.class, Durations::parse)
        .registerConverter(InetSocketAddress.class, HostAndPort::parse)
        .registerConverter(NodeId.class, Main::nodeId)
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> {
              command
                  .getErr()
                  .println(command.getCommandName() + ": " + Failures.describe(failure));
              command.getErr().flush();
              return CommandLine.ExitCode.SOFTWARE;
            });
  }

  private static NodeId nodeId(String text) {
    try {
      return NodeId.parse(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(
          "'%s' is not a node id: 66 hex digits, as './fluxwire id' prints them".formatted(text));
    }
  }

  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
      try (InputStream version =
          Objects.requireNonNull(Main.class.getResourceAsStream("version.txt"))) {
        return new String[] {
          "fluxwire " + new String(version.readAllBytes(), StandardCharsets.UTF_8).strip()
        };
      }
    }
  }
}
