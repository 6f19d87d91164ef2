package io.fluxwire.node;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.MutuallyExclusiveArgsException;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** One line for whoever got the command line wrong: what is wrong, and where help is. */
final class WrongUsage implements IParameterExceptionHandler {

  private final Output err;

  /**
   * Tells nobody anything yet.
   *
   * @param err takes the line
   */
  WrongUsage(Output err) {
    this.err = err;
  }

  @Override
  public int handleParseException(ParameterException failure, String[] args) {
    CommandLine command = failure.getCommandLine();
    if (args.length == 0) {
      // Whoever only types the name gets to know the commands.
      command.usage(command.getErr());
      return CommandLine.ExitCode.USAGE;
    }
    CommandSpec spec = command.getCommandSpec();
    String what = what(failure);
    err.say(
        "%s: %s%s See '%s --help'."
            .formatted(spec.name(), what, what.endsWith("?") ? "" : ".", spec.qualifiedName()));
    return CommandLine.ExitCode.USAGE;
  }

  private static String what(ParameterException failure) {
    if (failure instanceof UnmatchedArgumentException unmatched) {
      return unmatched(unmatched);
    }
    if (failure instanceof MutuallyExclusiveArgsException) {
      return exclusive(failure);
    }
    if (failure instanceof MissingParameterException missing) {
      return missing(missing);
    }
    if (failure instanceof OverwrittenOptionException twice) {
      return name(twice.getOverwritten()) + " is given more than once";
    }
    ArgSpec argument = failure.getArgSpec();
    if (argument == null) {
      return own(failure);
    }
    if (argument instanceof OptionSpec option && option.arity().max() == 0) {
      return name(argument) + " takes no value";
    }
    return failure.getCause() instanceof TypeConversionException wrong
        ? name(argument) + ": " + wrong.getMessage()
        : "%s cannot be '%s'".formatted(name(argument), failure.getValue());
  }

  /** What a command found out itself. Only picocli's own 'help' gives a value without an option. */
  private static String own(ParameterException failure) {
    return failure.getValue() == null
        ? String.valueOf(failure.getMessage())
        : noCommand(failure.getCommandLine(), failure.getValue());
  }

  private static String unmatched(UnmatchedArgumentException failure) {
    CommandLine command = failure.getCommandLine();
    CommandSpec spec = command.getCommandSpec();
    String argument = failure.getUnmatched().get(0);
    if (failure.isUnknownOption()) {
      return noOption(spec, argument.replaceFirst("=.*", ""));
    }
    if (!spec.subcommands().isEmpty()) {
      return noCommand(command, argument);
    }
    return "'%s' is one argument too many".formatted(argument);
  }

  private static String noOption(CommandSpec spec, String option) {
    List<String> owners =
        spec.subcommands().values().stream()
            .map(CommandLine::getCommandSpec)
            .filter(owner -> !owner.usageMessage().hidden() && owner.findOption(option) != null)
            .map(CommandSpec::name)
            .toList();
    if (!owners.isEmpty()) {
      return "%s goes behind a command: %s"
          .formatted(option, alternatives(owners.stream().map(o -> o + " " + option).toList()));
    }
    List<String> known =
        spec.options().stream().filter(o -> !o.hidden()).map(OptionSpec::longestName).toList();
    return "there is no option " + option + meant(Suggestions.of(option, known));
  }

  private static String noCommand(CommandLine command, String name) {
    return "there is no command '%s'%s"
        .formatted(name, meant(Suggestions.of(name, visible(command.getSubcommands()))));
  }

  private static List<String> visible(Map<String, CommandLine> commands) {
    return commands.entrySet().stream()
        .filter(command -> !command.getValue().getCommandSpec().usageMessage().hidden())
        .map(Map.Entry::getKey)
        .toList();
  }

  private static String meant(List<String> suggestions) {
    return suggestions.isEmpty() ? "" : "; did you mean " + alternatives(suggestions) + "?";
  }

  private static String alternatives(List<String> words) {
    return words.size() < 2
        ? String.join("", words)
        : String.join(", ", words.subList(0, words.size() - 1))
            + " or "
            + words.get(words.size() - 1);
  }

  private static String exclusive(ParameterException failure) {
    // Of all exceptions only this one's message has the names, and nothing else does.
    String names =
        String.valueOf(failure.getMessage())
            .replaceFirst("^Error: ", "")
            .replaceFirst(" are mutually exclusive.*", "")
            .replaceAll("=[^,]*", "");
    return names.replace(", ", " and ") + " cannot be given together: choose one";
  }

  private static String missing(MissingParameterException failure) {
    return failure.getMissing().isEmpty()
        ? "a command is missing"
        : failure.getMissing().stream().map(WrongUsage::missing).collect(Collectors.joining(", "));
  }

  private static String missing(ArgSpec argument) {
    // The value of an option, unless the option itself has to be there.
    return argument.isOption() && !argument.required()
        ? "%s needs a value: %s %s".formatted(name(argument), name(argument), label(argument))
        : name(argument) + " is missing";
  }

  private static String name(ArgSpec argument) {
    return argument instanceof OptionSpec option ? option.longestName() : label(argument);
  }

  private static String label(ArgSpec argument) {
    return argument.paramLabel();
  }
}
