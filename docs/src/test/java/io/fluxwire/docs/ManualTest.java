package io.fluxwire.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.StreamCipher;
import io.fluxwire.session.SessionTimeouts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the manual's text against the code. */
class ManualTest {

  private static final Path README = Path.of("../README.md");
  private static final Pattern BUILT = Pattern.compile("(^|/)(target|node_modules)/");
  private static final Path OUTSIDE = Path.of("../outside");
  private static final Path SAMPLES = Path.of("../samples");

  /** Plugins and libraries for tests: what the BOM does not give. */
  private static final Pattern VERSIONED =
      Pattern.compile(
          "<artifactId>([a-z-]+-plugin|protoc|junit-jupiter|assertj-core|blockhound-junit-platform)"
              + "</artifactId>\\s*<version>(.*?)</version>");

  private static final Map<String, String> PROPERTIES =
      Map.of(
          "junit-jupiter",
          "junit",
          "assertj-core",
          "assertj",
          "blockhound-junit-platform",
          "blockhound");
  private static final Pattern SAMPLE =
      Pattern.compile(
          "^```(java|proto|xml|kotlin)\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);
  private static final Pattern REASON_ROW =
      Pattern.compile(
          "^\\| <a id=\"[a-z_]+\"></a>`[A-Z_]+` \\|(?: [a-z ]+ \\|){4} ([^|]+) \\| .+ \\|$",
          Pattern.MULTILINE);
  private static final Pattern SECTION = Pattern.compile("^## (\\d+)\\. ", Pattern.MULTILINE);
  private static final Pattern SECTION_REFERENCE =
      Pattern.compile("(?<!RFC \\d{4})[ (]sections? (\\d+)(?!\\.)\\b");
  private static final Pattern TIMEOUT_ROW =
      Pattern.compile(
          "\\|.* \\| (?:off|\\d+ s.*?) \\| `(?:Establishment|Endpoint|IdleTimer|RecordWriter)` \\|.*");
  private static final Pattern EXCEPTION = Pattern.compile("`(\\w+Exception)`");

  static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>(list(Path.of(""), ".md"));
    pages.add(README);
    return pages;
  }

  private static List<Path> list(Path folder, String ending) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(
              file -> !BUILT.matcher(file.toString()).find() && file.toString().endsWith(ending))
          .toList();
    }
  }

  /** Jazzer fuzzes the first target of a class, and only runs the seeds of the others. */
  @Test
  void eachFuzzTargetHasItsClassAndIsListed() throws IOException {
    String page = Files.readString(Path.of("testing.md"));
    List<Path> classes = list(Path.of(".."), "FuzzTest.java");
    assertThat(classes).hasSizeGreaterThan(30);
    for (Path file : classes) {
      String name = file.getFileName().toString().replace(".java", "");
      assertThat(Files.readString(file).split("@FuzzTest", -1)).as(name).hasSize(2);
      assertThat(page).as("the table of fuzz targets").contains("`" + name + "`");
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everySampleStandsInACompiledFile(Path page) throws IOException {
    Matcher samples = SAMPLE.matcher(read(page));
    while (samples.find()) {
      String block = samples.group(2);
      assertThat(sources(samples.group(1)))
          .as("the files that have this block of %s:%n%s", page, block)
          .anyMatch(file -> holds(read(file), block));
    }
  }

  /** What is compiled here, the projects outside, and the samples. */
  private static List<Path> sources(String language) throws IOException {
    List<String> endings =
        language.equals("kotlin") ? List.of(".kt", ".kts") : List.of("." + language);
    List<Path> sources = new ArrayList<>();
    for (String ending : endings) {
      sources.addAll(list(Path.of("src"), ending));
      sources.addAll(list(OUTSIDE, ending));
      sources.addAll(list(SAMPLES, ending));
    }
    return sources;
  }

  @ParameterizedTest
  @ValueSource(strings = {"pom.xml", "build.gradle.kts", "src/main/proto/chat.proto"})
  void theTutorialHasTheWholeOf(String file) {
    assertThat(read(Path.of("tutorial.md")))
        .contains("\n" + read(OUTSIDE.resolve("tutorial").resolve(file)) + "```\n");
  }

  /** Versions outside cannot be taken from the parent, so they are held against it. */
  @Test
  void theProjectsOutsideHaveOurVersions() throws IOException {
    String ours = read(Path.of("../pom.xml")) + read(Path.of("../bom/pom.xml"));
    String protoc = Pattern.quote(property(ours, "protoc"));
    for (Path project : list(OUTSIDE, "pom.xml")) {
      String pom = read(project);
      Matcher artifact = VERSIONED.matcher(pom);
      while (artifact.find()) {
        String name = PROPERTIES.getOrDefault(artifact.group(1), artifact.group(1));
        assertThat(artifact.group(2)).as("%s: %s", project, name).isEqualTo(property(ours, name));
      }
      assertThat(pom.replaceAll("<protocVersion>" + protoc + "</protocVersion>", ""))
          .doesNotContain("protocV");
    }
    assertThat(read(OUTSIDE.resolve("tutorial/build.gradle.kts")))
        .containsPattern("protoc:" + protoc + "\"")
        .contains("fluxwire-bom:" + ownVersion());
  }

  private static String property(String pom, String name) {
    Matcher value = Pattern.compile("<%s\\.version>(.*?)<".formatted(name)).matcher(pom);
    assertThat(value.find()).as("a property %s.version", name).isTrue();
    return value.group(1);
  }

  private static String ownVersion() {
    Matcher version = Pattern.compile("<version>(.*?)<").matcher(read(Path.of("../bom/pom.xml")));
    assertThat(version.find()).isTrue();
    return version.group(1);
  }

  /** Whether the lines of the block follow each other in the file, all moved right alike. */
  private static boolean holds(String file, String block) {
    String lines = "\n" + file;
    return IntStream.rangeClosed(0, 20)
        .anyMatch(
            columns ->
                lines.contains(
                    "\n" + block.replaceAll("(?m)^(?=.)", " ".repeat(columns)).stripTrailing()));
  }

  /** The list is also the menu of the site. */
  @Test
  void eachPageIsInTheManualsList() throws IOException {
    String list = read(Path.of("README.md"));
    try (Stream<Path> files = Files.list(Path.of(""))) {
      List<String> pages =
          files
              .map(Path::toString)
              .filter(page -> page.endsWith(".md") && !page.equals("README.md"))
              .toList();
      assertThat(pages)
          .hasSizeGreaterThan(20)
          .allSatisfy(page -> assertThat(list).contains("\n| [").contains("](" + page + ") | "));
    }
  }

  @Test
  void theReadmesSamplesAreShort() {
    assertThat(SAMPLE.matcher(read(README)).results().map(sample -> sample.group(2).lines()))
        .hasSize(3)
        .allSatisfy(lines -> assertThat(lines).hasSizeLessThanOrEqualTo(15));
  }

  @Test
  void theReadmesVersionsAreTheBoms() {
    String pom = read(Path.of("../bom/pom.xml"));
    Matcher named = Pattern.compile("(\\d+\\.\\S+) \\(`([a-z0-9.-]+)`\\)").matcher(read(README));
    assertThat(named.results().toList())
        .hasSizeGreaterThan(3)
        .allSatisfy(
            version ->
                assertThat(pom)
                    .contains("<%2$s>%1$s</%2$s>".formatted(version.group(1), version.group(2))));
  }

  @Test
  void theTableOfReasonsIsWhatTheEnumSays() {
    String page = read(ReasonTable.PAGE);
    assertThat(page)
        .as("run ReasonTable's main in the folder of the manual")
        .isEqualTo(ReasonTable.renewedIn(page));
  }

  @Test
  void theTableOfReasonsNamesExceptionsThatExist() {
    assertThat(reasonRows())
        .hasSameSizeAs(Reason.values())
        .allSatisfy(
            row -> {
              List<MatchResult> types = EXCEPTION.matcher(row.group(1)).results().toList();
              assertThat(types).isNotEmpty();
              for (MatchResult type : types) {
                String inside = type.group(1).startsWith("Fleet") ? "fleet." : "";
                assertThat(Class.forName("io.fluxwire." + inside + type.group(1)))
                    .isAssignableTo(PeerException.class);
              }
            });
  }

  /** Of {@code protocol.md}: "(protocol.md section 3)", or "(section 3)" after that. */
  @Test
  void whatTheCodeCallsASectionIsThere() throws IOException {
    List<String> sections =
        SECTION.matcher(read(Path.of("protocol.md"))).results().map(m -> m.group(1)).toList();
    assertThat(sections).isNotEmpty();
    try (Stream<Path> files = Files.walk(Path.of(".."))) {
      List<Path> sources = files.filter(ManualTest::isMain).toList();
      assertThat(sources).hasSizeGreaterThan(100);
      for (Path source : sources) {
        Matcher references = SECTION_REFERENCE.matcher(read(source));
        while (references.find()) {
          assertThat(references.group(1)).as("a section that %s names", source).isIn(sections);
        }
      }
    }
  }

  private static boolean isMain(Path file) {
    String path = file.toString();
    return path.startsWith("../transport-")
        && path.contains("/src/main/java/")
        && path.endsWith(".java");
  }

  @Test
  void theTableOfTimeoutsHasTheDefaults() {
    SessionTimeouts defaults = SessionTimeouts.DEFAULT;
    assertThat(read(Path.of("protocol.md")).lines())
        .filteredOn(TIMEOUT_ROW.asMatchPredicate())
        .extracting(line -> line.split("\\|", -1)[2].strip())
        .containsExactly(
            seconds(defaults.handshake()),
            seconds(defaults.authorizer()),
            "off",
            seconds(defaults.write()) + ", and 1 s more for each 256 KiB of it",
            seconds(defaults.frame()),
            seconds(defaults.drain()));
    assertThat(defaults.idle()).isZero();
  }

  private static String seconds(Duration duration) {
    return duration.toSeconds() + " s";
  }

  @Test
  void thePiecesOfCipherWorkHaveTheirSize() {
    assertThat(read(Path.of("architecture.md")))
        .contains("in pieces of " + StreamCipher.CHUNK / 1024 + " KiB");
  }

  private static List<MatchResult> reasonRows() {
    return REASON_ROW.matcher(read(Path.of("protocol.md"))).results().toList();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
