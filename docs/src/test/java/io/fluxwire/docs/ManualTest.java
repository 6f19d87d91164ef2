package io.fluxwire.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the manual's text against the code. */
class ManualTest {

  private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern REASON_ROW =
      Pattern.compile("^\\| `([A-Z_]+)` \\|.*\\| (yes|no) \\|$", Pattern.MULTILINE);

  static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>(list(Path.of(""), ".md"));
    pages.add(Path.of("../README.md"));
    return pages;
  }

  private static List<Path> list(Path folder, String ending) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> !file.startsWith("target") && file.toString().endsWith(ending))
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyJavaBlockStandsInACompiledSample(Path page) throws IOException {
    String samples =
        list(Path.of("src/main/java"), ".java").stream()
            .map(file -> flat(read(file)))
            .collect(Collectors.joining());
    Matcher blocks = JAVA.matcher(read(page));
    while (blocks.find()) {
      assertThat(samples).as("a block of %s", page).contains(flat(blocks.group(1)));
    }
  }

  @Test
  void theTableOfReasonsIsComplete() {
    Matcher rows = REASON_ROW.matcher(read(Path.of("protocol.md")));
    List<String> listed =
        rows.results().map(row -> row.group(1) + " " + row.group(2)).sorted().toList();

    assertThat(listed)
        .isEqualTo(
            Arrays.stream(Reason.values())
                .map(reason -> reason + (reason.isRetryable() ? " yes" : " no"))
                .sorted()
                .toList());
  }

  /** Line breaks are the page's own. */
  private static String flat(String code) {
    return code.replaceAll("\\s+", "");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
