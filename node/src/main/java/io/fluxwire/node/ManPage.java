package io.fluxwire.node;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * The manual page of a command, of what its help says, in the macros of man(7). picocli's own
 * generator writes AsciiDoc and takes descriptions for markup, which these are not: the two tildes
 * of {@code ~/.bashrc} and {@code ~/.zshrc} would be a subscript.
 */
final class ManPage {

  /** What troff would print as something else, which a shell does not take for the same. */
  private static final Map<Character, String> ESCAPED =
      Map.of(
          '\\', "\\e", '-', "\\-", '\'', "\\(aq", '`', "\\(ga", '~', "\\(ti", '^', "\\(ha", '"',
          "\\(dq");

  private final CommandSpec spec;
  private final UsageMessageSpec usage;
  private final Help help;
  private final List<String> lines = new ArrayList<>();

  private ManPage(CommandLine command) {
    this.spec = command.getCommandSpec();
    this.usage = spec.usageMessage();
    this.help = command.getHelp();
  }

  /** The name of a command's page, such as fluxwire-listen. */
  static String name(CommandLine command) {
    return command.getCommandSpec().qualifiedName("-");
  }

  /**
   * Writes a page.
   *
   * @param date the day that the page is of
   * @param version the program and its version
   */
  static String of(CommandLine command, String date, String version) {
    ManPage page = new ManPage(command);
    page.head(date, version);
    page.description();
    page.arguments();
    page.commands();
    page.exitCodes();
    page.examples();
    page.seeAlso();
    return String.join("\n", page.lines) + "\n";
  }

  private void head(String date, String version) {
    String name = name(spec.commandLine());
    line(
        ".TH %s 1 %s \"%s\" \"Fluxwire\"",
        escaped(name.toUpperCase(Locale.ROOT)), date, escaped(version));
    section("NAME");
    line("%s \\- %s", escaped(name), escaped(summary(usage)));
    section("SYNOPSIS");
    line("%s", text(help.synopsis(0).strip().replaceAll("\\s+", " ")));
  }

  /** What a list of commands says of one; only picocli's own command has a header. */
  private static String brief(UsageMessageSpec usage) {
    return usage.header().length > 0 ? usage.header()[0] : usage.description()[0];
  }

  /** A command's first sentence, as the line of NAME is written. */
  private static String summary(UsageMessageSpec usage) {
    String first = brief(usage).replaceAll("\\.(\\s.*)?$", "");
    return Character.toLowerCase(first.charAt(0)) + first.substring(1);
  }

  private void description() {
    section("DESCRIPTION");
    if (usage.header().length > 0) {
      paragraphs(usage.header(), ".PP");
      line(".PP");
    }
    paragraphs(usage.description(), ".PP");
  }

  private void arguments() {
    if (!spec.positionalParameters().isEmpty()) {
      section("ARGUMENTS");
      spec.positionalParameters().stream()
          .filter(argument -> !argument.hidden())
          .forEach(argument -> tagged("\\fI%s\\fR".formatted(label(argument)), argument));
    }
    section("OPTIONS");
    spec.options().stream()
        .filter(option -> !option.hidden())
        .forEach(option -> tagged(names(option) + label(option), option));
  }

  private static String names(OptionSpec option) {
    return Arrays.stream(option.names())
        .map(name -> "\\fB%s\\fR".formatted(escaped(name)))
        .collect(Collectors.joining(", "));
  }

  private String label(ArgSpec argument) {
    Help.IParamLabelRenderer labels = help.parameterLabelRenderer();
    return escaped(labels.renderParameterLabel(argument, Ansi.OFF, List.of()).plainString());
  }

  private void tagged(String tag, ArgSpec argument) {
    line(".TP");
    line("%s", tag);
    paragraphs(argument.description(), ".IP");
  }

  private void commands() {
    List<CommandLine> commands = shown(spec.commandLine());
    if (!commands.isEmpty()) {
      section("COMMANDS");
    }
    for (CommandLine command : commands) {
      line(".TP");
      line(".BR %s (1)", escaped(name(command)));
      line("%s", text(brief(command.getCommandSpec().usageMessage())));
    }
  }

  /** The commands of a command that its help shows. */
  static List<CommandLine> shown(CommandLine command) {
    return command.getSubcommands().values().stream()
        .filter(sub -> !sub.getCommandSpec().usageMessage().hidden())
        .toList();
  }

  private void exitCodes() {
    section("EXIT STATUS");
    usage
        .exitCodeList()
        .forEach(
            (code, meaning) -> {
              line(".TP");
              line("\\fB%s\\fR", code);
              line("%s", text(meaning));
            });
  }

  private void examples() {
    if (usage.footer().length == 0) {
      return;
    }
    section("EXAMPLES");
    line(".RS 2");
    line(".nf");
    for (String example : usage.footer()) {
      line("%s", text(example.replaceFirst("^ {2}", "")));
    }
    line(".fi");
    line(".RE");
  }

  private void seeAlso() {
    CommandLine parent = spec.commandLine().getParent();
    List<CommandLine> others = parent == null ? shown(spec.commandLine()) : List.of(parent);
    section("SEE ALSO");
    for (CommandLine other : others) {
      String separator = other == others.get(others.size() - 1) ? "" : ",";
      line(".BR %s (1)%s", escaped(name(other)), separator);
    }
  }

  private void section(String title) {
    line(".SH %s", title);
  }

  /** Paragraphs, which an empty string separates. */
  private void paragraphs(String[] texts, String separator) {
    for (String text : texts) {
      // picocli's own texts begin and end with line breaks.
      line("%s", text.isEmpty() ? separator : text(text.replace("%n", "")));
    }
  }

  private void line(String format, Object... values) {
    lines.add(format.formatted(values));
  }

  /** A line of text, which no dot at its beginning makes a command of troff's. */
  private static String text(String text) {
    return text.startsWith(".") ? "\\&" + escaped(text) : escaped(text);
  }

  private static String escaped(String text) {
    return text.chars()
        .mapToObj(c -> ESCAPED.getOrDefault((char) c, Character.toString(c)))
        .collect(Collectors.joining());
  }
}
