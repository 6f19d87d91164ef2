package io.fluxwire.docs;

import io.fluxwire.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Writes into the manual's table of reasons what the enum says of each of them. The other columns,
 * the last three of each row, are written by hand and kept; a new value needs a row with its name
 * and those three.
 */
final class ReasonTable {

  static final Path PAGE = Path.of("protocol.md");
  private static final String START =
      "<!-- ReasonTable writes rows and columns 2 to 5 of this table from the enum. -->\n";
  private static final String END = "<!-- reasons:end -->\n";
  private static final Pattern ROW =
      Pattern.compile("^\\| `([A-Z_]+)` \\|.*?((?: [^|]+ \\|){3})$", Pattern.MULTILINE);

  private ReasonTable() {}

  /** Run in the folder of the manual. */
  public static void main(String[] args) throws IOException {
    Files.writeString(PAGE, renewedIn(Files.readString(PAGE)));
  }

  /** The page with the table as it should be. */
  static String renewedIn(String page) {
    int start = page.indexOf(START) + START.length();
    int end = page.indexOf(END);
    if (start < START.length() || end < start) {
      throw new IllegalArgumentException(PAGE + " has no place for the table");
    }
    Map<String, String> prose =
        ROW.matcher(page.substring(start, end))
            .results()
            .collect(Collectors.toMap(row -> row.group(1), row -> row.group(2)));
    return page.substring(0, start) + "\n" + table(prose) + "\n" + page.substring(end);
  }

  private static String table(Map<String, String> prose) {
    return "| reason | origin | stage | again | told | error | when | what to do |\n"
        + "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
        + Arrays.stream(Reason.values())
            .map(reason -> row(reason, prose.get(reason.name())))
            .collect(Collectors.joining());
  }

  private static String row(Reason reason, String prose) {
    if (prose == null) {
      throw new IllegalArgumentException(PAGE + " has no row for " + reason);
    }
    return "| `%s` | %s | %s | %s | %s |%s\n"
        .formatted(
            reason,
            words(reason.origin()),
            words(reason.stage()),
            yesOrNo(reason.isRetryable()),
            yesOrNo(reason.isToldToPeer()),
            prose);
  }

  private static String words(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String yesOrNo(boolean value) {
    return value ? "yes" : "no";
  }
}
