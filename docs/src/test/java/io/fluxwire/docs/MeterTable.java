package io.fluxwire.docs;

import io.fluxwire.observe.FluxwireMeters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Writes the table of the meters into the manual, from the enum that they are made from. */
final class MeterTable {

  static final Path PAGE = Path.of("observing.md");
  private static final String START = "<!-- MeterTable writes what is between these two. -->\n";
  private static final String END = "<!-- meters:end -->\n";

  private MeterTable() {}

  /** Run in the folder of the manual. */
  public static void main(String[] args) throws IOException {
    Files.writeString(PAGE, insertedInto(Files.readString(PAGE)));
  }

  /** The page with the table as it should be. */
  static String insertedInto(String page) {
    int start = page.indexOf(START) + START.length();
    int end = page.indexOf(END);
    if (start < START.length() || end < start) {
      throw new IllegalArgumentException(PAGE + " has no place for the table");
    }
    return page.substring(0, start) + "\n" + table() + "\n" + page.substring(end);
  }

  private static String table() {
    return "| meter | type | tags | tells |\n| --- | --- | --- | --- |\n"
        + Arrays.stream(FluxwireMeters.values()).map(MeterTable::row).collect(Collectors.joining());
  }

  private static String row(FluxwireMeters meter) {
    String type = meter.getType().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    return "| `%s` | %s | %s | %s |\n"
        .formatted(
            meter.getName(),
            meter.getBaseUnit() == null ? type : type + ", " + meter.getBaseUnit(),
            Arrays.stream(meter.getKeyNames())
                .map(MeterTable::tag)
                .collect(Collectors.joining("; ")),
            meter.description());
  }

  private static String tag(FluxwireMeters.Tag tag) {
    return tag == FluxwireMeters.Tag.REASON
        ? "`reason`"
        : "`%s`: %s"
            .formatted(
                tag.asString(),
                tag.allowed().stream().collect(Collectors.joining("`, `", "`", "`")));
  }
}
