package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The manual pages have what the help has, and programs that show them find nothing wrong. */
@ExtendWith(NoStandardInput.class)
class ManPagesTest {

  @TempDir private Path folder;
  private Path pages;

  @BeforeEach
  void write() {
    pages = folder.resolve("share/man1");
    Output nowhere = new Output("nowhere", OutputStream.nullOutputStream(), false);
    String[] command = {"man-pages", "--date", "2026-11-23T23:59:59Z", pages.toString()};
    assertThat(Main.run(nowhere, nowhere, command)).isZero();
  }

  private static CommandLine root() {
    Output nowhere = new Output("nowhere", OutputStream.nullOutputStream(), false);
    return Main.commandLine(nowhere, nowhere);
  }

  private Map<String, String> pages() throws IOException {
    Map<String, String> texts = new TreeMap<>();
    try (Stream<Path> files = Files.list(pages)) {
      files.forEach(file -> texts.put(file.getFileName().toString(), read(file)));
    }
    return texts;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void eachCommandThatTheHelpShowsHasOneAndNoOtherHas() throws IOException {
    List<String> names = new ArrayList<>(List.of("fluxwire.1"));
    root()
        .getSubcommands()
        .forEach(
            (name, command) -> {
              if (!command.getCommandSpec().usageMessage().hidden()) {
                names.add("fluxwire-" + name + ".1");
              }
            });

    assertThat(pages()).containsOnlyKeys(names);
    assertThat(pages().get("fluxwire.1")).contains("fluxwire\\-listen").doesNotContain("soak\\-");
  }

  @Test
  void eachOptionThatTheHelpShowsIsOnThePage() throws IOException {
    Map<String, String> pages = pages();
    Map<String, CommandLine> commands = new TreeMap<>(root().getSubcommands());
    commands.values().removeIf(command -> command.getCommandSpec().usageMessage().hidden());

    commands.forEach(
        (name, command) ->
            assertThat(command.getCommandSpec().options())
                .as(name)
                .allSatisfy(
                    option ->
                        assertThat(pages.get("fluxwire-" + name + ".1").lines())
                            .filteredOn(line -> line.contains(bold(option.longestName())))
                            .hasSize(option.hidden() ? 0 : 1)));
  }

  private static String bold(String option) {
    return "\\fB" + option.replace("-", "\\-") + "\\fR";
  }

  @Test
  void noTextIsLeftForSomebodyElseToFormat() throws IOException {
    assertThat(pages().values())
        .allSatisfy(page -> assertThat(page).doesNotContain("${", "%n", "@|", "\n\n"))
        .allSatisfy(page -> assertThat(page).startsWith(".TH ").contains(" 1 2026-11-23 "));
  }

  @Test
  void textIsNoCommandOfTroffs() {
    CommandSpec odd =
        CommandSpec.create()
            .name("odd")
            .addOption(OptionSpec.builder("--odd").description(".SH is no heading").build())
            .addOption(OptionSpec.builder("--secret").hidden(true).build());
    odd.usageMessage().description(".dots, C:\\new and 'quotes'; --dash ~ ^ `x`").footer("  '.'");

    String page = ManPage.of(new CommandLine(odd), "2026-11-23", "odd 1");

    assertThat(page)
        .doesNotContain("secret")
        .contains(
            "\n\\&.dots, C:\\enew and \\(aqquotes\\(aq; \\-\\-dash \\(ti \\(ha \\(gax\\(ga\n",
            "\n\\&.SH is no heading\n",
            "\n\\(aq.\\(aq\n");
  }

  @Test
  @Tag("processes")
  void mandocFindsNothingWrong() throws Exception {
    assertThat(check("/usr/bin/mandoc", "-T", "lint", "-W", "warning")).isEmpty();
  }

  @Test
  @Tag("processes")
  void groffFindsNothingWrong() throws Exception {
    assertThat(check("/usr/bin/groff", "-man", "-Tutf8", "-ww", "-z")).isEmpty();
  }

  /** What a program says of all pages. */
  private String check(String... command) throws Exception {
    assumeThat(Path.of(command[0])).exists();
    List<String> line = new ArrayList<>(List.of(command));
    pages().keySet().forEach(page -> line.add(pages.resolve(page).toString()));
    Path said = folder.resolve("said");
    new ProcessBuilder(line)
        .redirectErrorStream(true)
        .redirectOutput(said.toFile())
        .start()
        .waitFor();
    return Files.readString(said);
  }
}
