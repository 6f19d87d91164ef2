package io.fluxwire.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds the table of packages against the classes, and against the samples of all pages. */
class PackagesTest {

  private static final Pattern ROW =
      Pattern.compile("^\\| `(io\\.fluxwire[a-z.]*)` \\| (.*?) \\| (.*) \\|$", Pattern.MULTILINE);
  private static final Pattern TYPE = Pattern.compile("`(\\w+)`");
  private static final Pattern JAVA =
      Pattern.compile("^```java\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);
  private static final Pattern NAME = Pattern.compile("(?<![\\w.])[A-Z]\\w*");
  private static final Pattern PUBLIC =
      Pattern.compile(
          "^public .*?(?:class|interface) (io\\.fluxwire[a-z.]*)\\.(\\w+)(?![\\w$])",
          Pattern.MULTILINE);

  private static List<MatchResult> rows() throws IOException {
    return ROW.matcher(Files.readString(Path.of("versions.md"))).results().toList();
  }

  private static List<String> typesOf(MatchResult row) {
    return TYPE.matcher(row.group(2)).results().map(type -> type.group(1)).toList();
  }

  @Test
  void eachTypeIsInItsPackage() throws Exception {
    assertThat(rows()).hasSizeGreaterThan(15);
    for (MatchResult row : rows()) {
      assertThat(typesOf(row)).isNotEmpty();
      for (String type : typesOf(row)) {
        // Throws where there is no such class.
        Class<?> found =
            Class.forName(row.group(1) + "." + type, false, getClass().getClassLoader());
        assertThat(Modifier.isPublic(found.getModifiers())).as(type).isTrue();
      }
    }
  }

  @Test
  void eachTypeThatAPageUsesIsInTheTable() throws Exception {
    Set<String> listed = new TreeSet<>();
    rows().forEach(row -> listed.addAll(typesOf(row)));
    Map<String, String> ours = publicTypes();
    for (Path page : ManualTest.pages()) {
      Set<String> used = new TreeSet<>();
      JAVA.matcher(Files.readString(page))
          .results()
          .flatMap(block -> NAME.matcher(block.group(1)).results())
          .map(MatchResult::group)
          .filter(ours::containsKey)
          .forEach(used::add);
      assertThat(listed).as("types that %s uses", page).containsAll(used);
    }
  }

  /** By simple name, in which package each is. */
  private static Map<String, String> publicTypes() throws IOException {
    Map<String, String> types = new TreeMap<>(Map.of("Pkt", "io.fluxwire.proto"));
    try (Stream<Path> files = Files.list(Path.of("api"))) {
      for (Path file : files.toList()) {
        PUBLIC
            .matcher(Files.readString(file))
            .results()
            .forEach(found -> types.put(found.group(2), found.group(1)));
      }
    }
    assertThat(types).hasSizeGreaterThan(100);
    return types;
  }
}
