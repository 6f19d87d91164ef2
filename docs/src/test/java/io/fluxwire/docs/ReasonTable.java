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
 * Writes into the manual's table of reasons what the enum says of each of them. The column "error"
 * is written by hand and kept; a new value needs a row with its name and that one. Sentences stay
 * as they are where they only have backticks more than the enum's, which is plain text. Each row
 * has its reason in lower case as an anchor, as meters have it in their tag.
 */
final class ReasonTable {

  static final Path PAGE = Path.of("protocol.md");
  private static final String START =
      "<!-- ReasonTable writes this table from the enum, but for the column \"error\". -->\n";
  private static final String END = "<!-- reasons:end -->\n";
  private static final Pattern ROW =
      Pattern.compile(
          "^\\| .*`([A-Z_]+)` \\|.*? ([^|]+) \\| ([^|]+) \\| ([^|]+) \\|$", Pattern.MULTILINE);

  /** The last columns of a row, as they are on the page. */
  private record Prose(String error, String description, String advice) {}

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
    Map<String, Prose> prose =
        ROW.matcher(page.substring(start, end))
            .results()
            .collect(
                Collectors.toMap(
                    row -> row.group(1),
                    row -> new Prose(row.group(2), row.group(3), row.group(4))));
    return page.substring(0, start) + "\n" + table(prose) + "\n" + page.substring(end);
  }

  private static String table(Map<String, Prose> prose) {
    return "| reason | origin | stage | again | told | error | when | what to do |\n"
        + "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
        + Arrays.stream(Reason.values())
            .map(reason -> row(reason, prose.get(reason.name())))
            .collect(Collectors.joining());
  }

  private static String row(Reason reason, Prose prose) {
    if (prose == null) {
      throw new IllegalArgumentException(PAGE + " has no row for " + reason);
    }
    return "| <a id=\"%s\"></a>`%s` | %s | %s | %s | %s | %s | %s | %s |\n"
        .formatted(
            reason.name().toLowerCase(Locale.ROOT),
            reason,
            words(reason.origin()),
            words(reason.stage()),
            yesOrNo(reason.isRetryable()),
            yesOrNo(reason.isToldToPeer()),
            prose.error(),
            marked(prose.description(), reason.description()),
            marked(prose.advice(), reason.advice()));
  }

  /** A sentence of the enum, with the markup that the page has for it. */
  private static String marked(String onThePage, String ofTheEnum) {
    return onThePage.replace("`", "").equals(ofTheEnum) ? onThePage : ofTheEnum;
  }

  private static String words(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String yesOrNo(boolean value) {
    return value ? "yes" : "no";
  }
}
