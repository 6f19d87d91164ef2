package io.fluxwire.benchmarks.wire;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The results as Markdown. */
final class Tables {

  private static final List<String> SCENARIOS =
      List.of(
          "bulk",
          "bulk cpu",
          "bulk allocation",
          "bulk on the wire",
          "connections at a time",
          "ping-pong",
          "requests, 64 at once, rate",
          "requests, 64 at once",
          "new connections",
          "new connections cpu",
          "calm",
          "storm",
          "idle heap",
          "idle direct",
          "meters",
          "bulk, two processes",
          "ping-pong, two processes",
          "channels",
          "channels cpu",
          "channels allocation",
          "stored sends, one at a time",
          "stored sends, 64 at once",
          "lightning",
          "lightning cpu",
          "lightning, new connections",
          "lightning, new connections cpu",
          "recovery",
          "recovery memory",
          "recovery speed");

  private final Results results;

  Tables(Results results) {
    this.results = results;
  }

  String markdown(Map<String, String> machine) {
    StringBuilder text = new StringBuilder();
    machine.forEach(
        (what, value) -> text.append("- ").append(what).append(": ").append(value).append('\n'));
    for (String scenario : SCENARIOS) {
      if (!results.of(scenario).isEmpty()) {
        table(text, scenario);
      }
    }
    if (!results.of("primitives").isEmpty()) {
      bound(text);
    }
    if (!results.of("channels").isEmpty()) {
      ratios(text);
    }
    return text.toString();
  }

  private void table(StringBuilder text, String scenario) {
    List<String> parameters = results.parameters(scenario);
    String unit = results.of(scenario).get(0).unit();
    text.append("\n### ").append(scenario).append(", ").append(unit).append("\n\n| |");
    parameters.forEach(parameter -> text.append(' ').append(parameter).append(" |"));
    text.append("\n| --- |").append(" --- |".repeat(parameters.size())).append('\n');
    for (String wire : results.wires(scenario)) {
      text.append("| ").append(wire).append(" |");
      for (String parameter : parameters) {
        Result result = results.get(scenario, wire, parameter);
        text.append(
            " %s (%s–%s) |"
                .formatted(
                    number(result.median()), number(result.lowest()), number(result.highest())));
      }
      text.append('\n');
    }
  }

  /**
   * The primitives' time and half of what plain TCP takes at both ends, against what was reached.
   */
  private void bound(StringBuilder text) {
    text.append("\n### bulk against version 3's own bound\n\n");
    text.append("| | primitives, MB/s | bound, MB/s | Fluxwire v3, MB/s | ratio |\n");
    text.append("| --- | --- | --- | --- | --- |\n");
    for (Result primitives : results.of("primitives")) {
      String parameter = primitives.parameter();
      double size = bytes(parameter);
      double tcp = results.median("bulk cpu", "plain TCP", parameter) * size / 2;
      double bound = size * 1e3 / (primitives.median() + tcp);
      double reached = results.median("bulk", "Fluxwire v3", parameter);
      text.append(
          "| %s | %s | %s | %s | %.2f |\n"
              .formatted(
                  parameter,
                  number(size * 1e3 / primitives.median()),
                  number(bound),
                  number(reached),
                  reached / bound));
    }
  }

  /** What a channel leaves of what it is made of. */
  private void ratios(StringBuilder text) {
    List<String> sizes = results.parameters("channels");
    text.append("\n### channels to what they are made of, medians\n\n| |");
    sizes.forEach(size -> text.append(' ').append(size).append(" |"));
    text.append("\n| --- |").append(" --- |".repeat(sizes.size())).append('\n');
    ratio(text, sizes, Wires.CHANNEL_IN_MEMORY, Wires.FLUXWIRE);
    ratio(text, sizes, Wires.CHANNEL_ON_DISK, Wires.SQLITE);
  }

  private void ratio(StringBuilder text, List<String> sizes, String channel, String alone) {
    text.append("| ").append(channel).append(", to ").append(alone).append(" |");
    for (String size : sizes) {
      double ratio =
          results.median("channels", channel, size) / results.median("channels", alone, size);
      text.append(Double.isNaN(ratio) ? " |" : String.format(Locale.ROOT, " %.2f |", ratio));
    }
    text.append('\n');
  }

  private static double bytes(String size) {
    String[] parts = size.split(" ");
    double number = Double.parseDouble(parts[0]);
    return switch (parts[1]) {
      case "KiB" -> number * 1024;
      case "MiB" -> number * 1024 * 1024;
      default -> number;
    };
  }

  private static String number(double value) {
    return String.format(
        Locale.ROOT,
        Math.abs(value) < 10 ? "%,.2f" : Math.abs(value) < 100 ? "%,.1f" : "%,.0f",
        value);
  }
}
