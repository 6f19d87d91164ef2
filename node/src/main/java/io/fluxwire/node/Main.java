package io.fluxwire.node;

import io.fluxwire.NodeId;
import io.fluxwire.access.CidrList;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.internal.FailureText;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.TypeConversionException;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** The command line. Exit codes: 0 done, 1 failed, 2 wrong usage, 141 output not wanted. */
@Command(
    name = "fluxwire",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Main.Version.class,
    description =
        "Encrypted, authenticated peer connections: version 3 inter-node crypto, or BOLT 8.",
    synopsisSubcommandLabel = "COMMAND",
    abbreviateSynopsis = true,
    descriptionHeading = "%n",
    parameterListHeading = "%nArguments:%n",
    optionListHeading = "%nOptions:%n",
    commandListHeading = "%nCommands:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:Done.",
      "1:Failed, or not all output could be written. Standard error says why.",
      "2:Wrong usage. Standard error says what is wrong.",
      "141:Whoever read the output has gone, such as 'head'."
    },
    subcommands = {
      DemoCommand.class,
      ListenCommand.class,
      ConnectCommand.class,
      HelloCommand.class,
      FleetCommand.class,
      DoctorCommand.class,
      SoakCommand.class,
      SoakNodeCommand.class,
      KeygenCommand.class,
      IdCommand.class,
      CompletionCommand.class,
      ManPagesCommand.class,
      HelpCommand.class
    })
public final class Main {

  /** What a shell says of a process that SIGPIPE ended: the reader of its output has gone. */
  private static final int READER_GONE = 141;

  private final Output out;
  private final Output err;

  private Narrator narrator;

  private Main(Output out, Output err) {
    this.out = out;
    this.err = err;
    this.narrator = Narrator.inWords(out, err);
  }

  Output out() {
    return out;
  }

  Output err() {
    return err;
  }

  /** Tells what happens, as the command's options say. */
  Narrator narrator() {
    return narrator;
  }

  void narrateBy(Narrator chosen) {
    narrator = chosen;
  }

  private int failed(String command, Exception failure) {
    err.say(command + ": " + Failures.describeWithAdvice(failure));
    if (narrator.isJson()) {
      narrator.say(Event.Failed.of(failure));
    }
    return CommandLine.ExitCode.SOFTWARE;
  }

  /**
   * Completes when a command that goes on has to end: told to, or since its output is of no use.
   */
  Mono<Void> stop() {
    return Mono.firstWithSignal(StopSignal.received(), out.failed().then());
  }

  /**
   * Runs a command and exits with its code.
   *
   * @param args the command line
   */
  public static void main(String[] args) {
    Output out =
        new Output(
            "standard output",
            new FileOutputStream(FileDescriptor.out),
            Terminal.isStandardOutput());
    Output err = new Output("standard error", new FileOutputStream(FileDescriptor.err), true);
    // The log goes there, and so do stack traces of threads that die.
    System.setErr(err.asides());
    StopSignal.exit(run(out, err, args));
  }

  /** Runs a command; its exit code, once all that it said is written or cannot be. */
  static int run(Output out, Output err, String... args) {
    Disposable hurrying =
        StopSignal.seen()
            .subscribe(
                null,
                null,
                () -> {
                  out.hurry();
                  err.hurry();
                });
    try {
      CommandLine commandLine = commandLine(out, err);
      int code = commandLine.execute(args);
      commandLine.getOut().flush();
      commandLine.getErr().flush();
      return finish(out, err, code);
    } finally {
      hurrying.dispose();
    }
  }

  private static int finish(Output out, Output err, int code) {
    IOException failure = out.finish();
    if (out.unread() > 0) {
      err.tell("fluxwire: %,d lines of standard output were not read".formatted(out.unread()));
    }
    boolean readerGone = failure != null && Output.isReaderGone(failure);
    if (failure != null && !readerGone) {
      err.tell("fluxwire: not all output could be written: " + FailureText.of(failure));
    }
    boolean written = err.finish() == null && failure == null;
    if (code != CommandLine.ExitCode.OK || written) {
      return code;
    }
    return readerGone ? READER_GONE : CommandLine.ExitCode.SOFTWARE;
  }

  static CommandLine commandLine(Output out, Output err) {
    // What peers send is UTF-8, whatever the locale.
    Main main = new Main(out, err);
    return new CommandLine(main)
        .setOut(out.writer())
        .setErr(err.writer())
        .registerConverter(Duration.class, Durations::parse)
        .registerConverter(SocketAddress.class, SocketAddressText::parse)
        .registerConverter(Remote.class, Remote::parse)
        .registerConverter(NodeId.class, Main::nodeId)
        .registerConverter(UpgradePolicy.Mode.class, UpgradeOptions::mode)
        .registerConverter(KeepAlive.class, KeepAlive::parse)
        .registerConverter(ProxyOptions.Url.class, ProxyOptions.Url::parse)
        .registerConverter(FleetEngineAddress.class, FleetEngineAddress::parse)
        .registerConverter(CidrList.class, Main::network)
        .registerConverter(long.class, Main::wholeLong)
        .registerConverter(Long.class, Main::wholeLong)
        .registerConverter(double.class, Main::number)
        .registerConverter(int.class, Main::wholeNumber)
        .registerConverter(Integer.class, Main::wholeNumber)
        .registerConverter(Path.class, Main::path)
        .setUsageHelpAutoWidth(true)
        .setParameterExceptionHandler(new WrongUsage(err))
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> main.failed(command.getCommandName(), failure));
  }

  private static int wholeNumber(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new TypeConversionException("'%s' is not a whole number".formatted(text));
    }
  }

  private static CidrList network(String text) {
    try {
      return CidrList.of(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(String.valueOf(e.getMessage()));
    }
  }

  private static long wholeLong(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new TypeConversionException("'%s' is not a whole number".formatted(text));
    }
  }

  private static double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new TypeConversionException("'%s' is not a number".formatted(text));
    }
  }

  private static Path path(String text) {
    if (text.isEmpty()) {
      throw new TypeConversionException("the name of a file or folder is empty");
    }
    return Path.of(text);
  }

  static NodeId nodeId(String text) {
    try {
      return NodeId.parse(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(
          "'%s' is not a node id: it has 66 hex digits, as 'fluxwire id FILE' prints them"
              .formatted(text));
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
