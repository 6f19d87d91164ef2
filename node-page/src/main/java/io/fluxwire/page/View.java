package io.fluxwire.page;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which rows of a table somebody looks at: so many as fit a screen, out of thousands.
 *
 * @param words each of them is to be in a row's text; in lower case
 * @param sort the column to sort by; null for the table's own order
 * @param descending whether the greatest comes first
 * @param from how many rows to pass over
 * @param limit how many to show at most
 */
record View(List<String> words, @Nullable String sort, boolean descending, int from, int limit) {

  /** How many rows there are at a time at most. */
  static final int MAX_ROWS = 200;

  private static final int DEFAULT_ROWS = 50;
  private static final int MAX_FILTER = 100;

  /** A table begins like this. */
  static final View FIRST = new View(List.of(), null, false, 0, DEFAULT_ROWS);

  /**
   * Some rows of a table.
   *
   * @param at the moment, in milliseconds on the node's clock
   * @param count how many rows there are
   * @param matching how many of them match the filter
   * @param from how many of these are passed over
   * @param rows those that follow
   */
  record Rows<T>(long at, int count, int matching, int from, List<T> rows) {}

  /**
   * A table that can be looked at.
   *
   * @param text what a filter looks into
   * @param columns what it can be sorted by
   */
  record Table<T>(Function<T, String> text, Map<String, Comparator<T>> columns) {

    /** The columns, for a person. */
    String names() {
      return String.join(", ", columns.keySet().stream().sorted().toList());
    }
  }

  /**
   * Reads a view from a request.
   *
   * @param query the query, without its question mark; null for the table's beginning
   * @throws IllegalArgumentException when it is not one; the message says why, for a person
   */
  static View of(@Nullable String query) {
    if (query == null) {
      return FIRST;
    }
    Map<String, List<String>> given = new QueryStringDecoder(query, false).parameters();
    String filter = one(given, "filter", "").strip();
    if (filter.length() > MAX_FILTER) {
      throw new IllegalArgumentException("filter has at most " + MAX_FILTER + " characters");
    }
    String order = one(given, "order", "asc");
    if (!order.matches("asc|desc")) {
      throw new IllegalArgumentException("order is asc or desc");
    }
    String sort = one(given, "sort", "");
    return new View(
        filter.isEmpty() ? List.of() : List.of(filter.toLowerCase(Locale.ROOT).split("\\s+")),
        sort.isEmpty() ? null : sort,
        order.equals("desc"),
        number(given, "from", 0, 0, Integer.MAX_VALUE),
        number(given, "limit", DEFAULT_ROWS, 1, MAX_ROWS));
  }

  private static String one(Map<String, List<String>> given, String name, String otherwise) {
    List<String> values = given.getOrDefault(name, List.of(otherwise));
    return values.get(0);
  }

  private static int number(
      Map<String, List<String>> given, String name, int otherwise, int min, int max) {
    String text = one(given, name, String.valueOf(otherwise));
    try {
      int number = Integer.parseInt(text);
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // As a number out of range.
    }
    throw new IllegalArgumentException("%s is %d to %d".formatted(name, min, max));
  }

  /**
   * What is seen of a table.
   *
   * @param at the moment, in milliseconds on the node's clock
   * @param all its rows, in the table's own order
   * @param table one that this view {@link #fits}
   */
  <T> Rows<T> rows(long at, List<T> all, Table<T> table) {
    Comparator<T> column = sort == null ? null : table.columns.get(sort);
    List<T> matching =
        words.isEmpty() ? all : all.stream().filter(row -> matches(table.text.apply(row))).toList();
    Stream<T> sorted = matching.stream();
    if (column != null) {
      sorted = sorted.sorted(descending ? column.reversed() : column);
    }
    return new Rows<>(
        at, all.size(), matching.size(), from, sorted.skip(from).limit(limit).toList());
  }

  /** Whether the table has the column to sort by. */
  boolean fits(Table<?> table) {
    return sort == null || table.columns.containsKey(sort);
  }

  private boolean matches(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    return words.stream().allMatch(lower::contains);
  }
}
