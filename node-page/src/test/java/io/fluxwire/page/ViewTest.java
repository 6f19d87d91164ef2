package io.fluxwire.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ViewTest {

  private static final View.Table<String> TABLE =
      new View.Table<>(
          Function.identity(),
          Map.of(
              "text", Comparator.naturalOrder(),
              "length", Comparator.comparingInt(String::length)));

  private static final List<String> ROWS = List.of("Bob b", "alice", "carol bb", "dora");

  private static View.Rows<String> rows(String query) {
    return View.of(query).rows(7, ROWS, TABLE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "                               | Bob b,alice,carol bb,dora",
        "filter=                        | Bob b,alice,carol bb,dora",
        "filter=b                       | Bob b,carol bb",
        "filter=OB+B                    | Bob b",
        "filter=%20bb%20ca              | carol bb",
        "filter=x                       | ",
        "sort=text                      | Bob b,alice,carol bb,dora",
        "sort=length                    | dora,Bob b,alice,carol bb",
        "sort=length&order=desc         | carol bb,Bob b,alice,dora",
        "sort=length&from=1&limit=2     | Bob b,alice",
        "sort=length&filter=b&limit=1   | Bob b",
        "from=100                       | ",
        "unknown=1                      | Bob b,alice,carol bb,dora",
      })
  void filtersSortsAndCuts(String query, String seen) {
    assertThat(String.join(",", rows(query).rows())).isEqualTo(seen == null ? "" : seen);
  }

  @Test
  void saysHowManyThereAre() {
    assertThat(rows("filter=b&from=1&limit=1"))
        .isEqualTo(new View.Rows<>(7, 4, 2, 1, List.of("carol bb")));
  }

  @Test
  void withoutAQueryItIsTheBeginningOfTheTable() {
    List<String> many = IntStream.range(0, 1000).mapToObj(String::valueOf).toList();
    assertThat(View.of(null).rows(0, many, TABLE).rows()).isEqualTo(many.subList(0, 50));
    assertThat(View.of("limit=200").rows(0, many, TABLE).rows()).hasSize(View.MAX_ROWS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "limit=0",
        "limit=201",
        "limit=x",
        "limit=",
        "from=-1",
        "from=99999999999999999999",
        "order=up",
        "filter=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            + "aaaaaaaaaaaaaaaaaaaaaaaa",
        "filter=%zz"
      })
  void whatIsNoViewIsRefused(String query) {
    assertThatThrownBy(() -> View.of(query)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aColumnThatIsNotThereDoesNotFit() {
    assertThat(View.of("sort=length").fits(TABLE)).isTrue();
    assertThat(View.of("sort=width").fits(TABLE)).isFalse();
    assertThat(TABLE.names()).isEqualTo("length, text");
  }
}
