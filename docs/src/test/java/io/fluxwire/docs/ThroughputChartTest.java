package io.fluxwire.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Holds the chart of the README, and the table beside it, against the run that they show. */
class ThroughputChartTest {

  private static final Path RUN = Path.of("benchmarks/jdk25/upgraded/results.json");
  private static final Path CHART = Path.of("images/throughput.svg");
  private static final Path PAGE = Path.of("benchmarks.md");
  private static final List<String> WIRES =
      List.of("Fluxwire", "TLS, BoringSSL", "TLS, JDK", "RSocket, BoringSSL");
  private static final List<String> SIZES = List.of("64 B", "1 KiB", "16 KiB");
  private static final Pattern BAR =
      Pattern.compile(
          "<rect class=\"\\w+\" x=\"96\" y=\"\\d+\" width=\"([0-9.]+)\"[^>]*/>"
              + "<text class=\"value\"[^>]*>([0-9,]+)</text>");

  /** What a bar is drawn for a MB/s. */
  private static final double SCALE = 700.0 / 5000;

  private final JsonNode results = read();

  private static JsonNode read() {
    try {
      return new ObjectMapper().readTree(RUN.toFile()).get("results");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private double median(String wire, String size) {
    for (JsonNode result : results) {
      if (result.get("scenario").asText().equals("bulk")
          && result.get("wire").asText().equals(wire)
          && result.get("parameter").asText().equals(size)) {
        return result.get("median").asDouble();
      }
    }
    throw new AssertionError(wire + " was not measured at " + size);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%,.0f", value);
  }

  @Test
  void theBarsAreTheMediansOfTheRun() throws IOException {
    List<MatchResult> bars = BAR.matcher(Files.readString(CHART)).results().toList();
    List<String> labels = new ArrayList<>();
    for (String size : SIZES) {
      for (String wire : WIRES) {
        labels.add(number(median(wire, size)));
        double drawn = Double.parseDouble(bars.get(labels.size() - 1).group(1));
        assertThat(drawn)
            .as(wire + " " + size)
            .isBetween(median(wire, size) * SCALE - 1, median(wire, size) * SCALE + 1);
      }
    }
    assertThat(bars).extracting(bar -> bar.group(2)).isEqualTo(labels);
  }

  @Test
  void theTableHasThemToo() throws IOException {
    String page = Files.readString(PAGE);
    for (String[] row :
        new String[][] {
          {"**Fluxwire, upgraded**", "Fluxwire"},
          {"TLS 1.3, BoringSSL", "TLS, BoringSSL"},
          {"TLS 1.3, JDK", "TLS, JDK"},
          {"plain TCP, for comparison", "plain TCP"},
          {"Fluxwire, version 3", "Fluxwire v3"}
        }) {
      Matcher found =
          Pattern.compile("^\\| " + Pattern.quote(row[0]) + " \\| (.*) \\|$", Pattern.MULTILINE)
              .matcher(page);
      assertThat(found.find()).as(row[0]).isTrue();
      assertThat(found.group(1).split(" \\| "))
          .containsExactly(
              number(median(row[1], "64 B")),
              number(median(row[1], "1 KiB")),
              number(median(row[1], "16 KiB")),
              number(median(row[1], "64 KiB")));
    }
  }
}
