package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Holds docs/command-line.md against the code. */
class ManualPageTest {

  private static final Path PAGE = Path.of("../docs/command-line.md");
  private static final Pattern COMMAND = Pattern.compile("^\\| `([a-z]+)[ `].*", Pattern.MULTILINE);
  private static final Pattern EVENT =
      Pattern.compile("^\\| `(\\w+)` \\| (.*?) \\| .* \\|$", Pattern.MULTILINE);

  private final String page;

  ManualPageTest() throws IOException {
    page = Files.readString(PAGE);
  }

  private String section(String title) {
    return page.split("\n## " + title + "\n", -1)[1].split("\n## ", -1)[0];
  }

  private static CommandLine commandLine() {
    Output nowhere = new Output("nowhere", OutputStream.nullOutputStream(), false);
    return Main.commandLine(nowhere, nowhere);
  }

  private static Map<String, CommandLine> commands() {
    Map<String, CommandLine> commands = new TreeMap<>(commandLine().getSubcommands());
    commands.values().removeIf(command -> command.getCommandSpec().usageMessage().hidden());
    return commands;
  }

  @Test
  void theTableOfCommandsHasEachOfThem() {
    List<String> rows =
        COMMAND.matcher(section("Commands")).results().map(row -> row.group(1)).toList();

    assertThat(rows).containsExactlyInAnyOrderElementsOf(commands().keySet());
  }

  @Test
  void eachOptionIsInTheSectionAboutThem() {
    String section = section("Commands");
    commands()
        .forEach(
            (name, command) ->
                assertThat(command.getCommandSpec().options())
                    .filteredOn(option -> !option.hidden())
                    .extracting(ManualPageTest::shownAs)
                    .as(name)
                    .allSatisfy(option -> assertThat(section).contains(option)));
  }

  private static String shownAs(OptionSpec option) {
    return option.names().length > 1 ? "`" + option.shortestName() + "`" : option.longestName();
  }

  @Test
  void theTableOfExitCodesHasThoseOfTheHelp() {
    Map<String, String> codes = commandLine().getCommandSpec().usageMessage().exitCodeList();

    assertThat(section("Exit codes").lines().filter(line -> line.matches("\\| \\d+ .*")))
        .extracting(line -> line.split("[| ]+", -1)[1])
        .containsExactlyElementsOf(codes.keySet());
  }

  /** What programs rely on: a name that changes here breaks them. */
  @Test
  void theTableOfEventsHasWhatIsTold() {
    Map<String, String> documented =
        EVENT
            .matcher(section("JSON"))
            .results()
            .collect(Collectors.toMap(row -> row.group(1), row -> row.group(2)));

    documented.remove("event");
    assertThat(documented).isEqualTo(told());
  }

  private static Map<String, String> told() {
    return Arrays.stream(Event.class.getPermittedSubclasses())
        .collect(Collectors.toMap(ManualPageTest::name, ManualPageTest::fields));
  }

  private static String name(Class<?> event) {
    String name = event.getSimpleName();
    return Character.toLowerCase(name.charAt(0)) + name.substring(1);
  }

  private static String fields(Class<?> event) {
    return Arrays.stream(event.getRecordComponents())
        .map(ManualPageTest::field)
        .collect(Collectors.joining(", "));
  }

  private static String field(RecordComponent component) {
    boolean optional = component.getAnnotatedType().getAnnotations().length > 0;
    return (optional ? "[`%s`]" : "`%s`").formatted(component.getName());
  }
}
