package io.fluxwire.page;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fluxwire.page.History.Reading;
import io.fluxwire.page.History.Sample;
import io.fluxwire.page.Snapshot.Percentiles;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class HistoryTest {

  private static final long SECOND = 1_000_000_000;

  private Reading now = reading(0, 0);
  private final History history = new History(() -> now);

  /** So many bytes have come in at so many seconds, one packet for each ten, and a tenth out. */
  private static Reading reading(double seconds, long bytes) {
    return new Reading(
        (long) (seconds * SECOND),
        new Traffic.Counts(bytes, bytes / 10, bytes / 10, 0),
        new Traffic.Pressure(bytes, 2 * bytes, 3 * bytes),
        4 * bytes,
        5 * bytes,
        6 * bytes,
        7 * bytes,
        8,
        null,
        null);
  }

  private void sample(Reading reading) {
    now = reading;
    history.sample();
  }

  @Test
  void aSampleHasRatesOfWhatFlowsAndCountsOfWhatHappened() {
    assertThat(history.latest(10)).isEmpty();

    sample(reading(1, 100));
    // A second that took two.
    sample(reading(3, 300));

    assertThat(history.latest(10))
        .containsExactly(
            new Sample(
                1000, 100, 10, 10, 0, 8, 100, 200, 300, 400, 500, 600, 700, 0, null, null, null,
                null),
            new Sample(
                3000, 100, 10, 10, 0, 8, 300, 400, 600, 800, 1000, 1200, 1400, 0, null, null, null,
                null));
    assertThat(history.latest(1)).extracting(Sample::at).containsExactly(3000L);
  }

  @Test
  void fifteenMinutesAreKeptAndNoMore() {
    for (int second = 1; second <= 2 * History.SAMPLES + 7; second++) {
      sample(reading(second, second));
    }

    assertThat(History.SAMPLES).isEqualTo(900);
    assertThat(history.all().samples())
        .extracting(Sample::at)
        .containsExactlyElementsOf(
            LongStream.rangeClosed(History.SAMPLES + 8, 2 * History.SAMPLES + 7)
                .mapToObj(second -> 1000 * second)
                .toList());
    assertThat(history.latest(3))
        .extracting(Sample::at)
        .last()
        .isEqualTo(1000L * (2 * History.SAMPLES + 7));
  }

  @Test
  void aSampleIsWrittenAsAnArrayThatTheFieldsName() throws Exception {
    sample(
        new Reading(
            SECOND,
            Traffic.Counts.NONE,
            new Traffic.Pressure(0, 0, 0),
            0,
            0,
            0,
            0,
            3,
            new Percentiles(1, 1.23456, 2, 3),
            new Percentiles(17, 4, 5, 6)));

    JsonNode json = new ObjectMapper().valueToTree(history.all());
    JsonNode only = json.get("samples").get(0);
    assertThat(only.isArray()).isTrue();
    assertThat(only).hasSameSizeAs(json.get("fields"));
    assertThat(value(json, "at")).isEqualTo(1000);
    assertThat(value(json, "peers")).isEqualTo(3);
    assertThat(value(json, "roundTrips")).isEqualTo(17);
    assertThat(value(json, "roundTrip50")).isEqualTo(4);
    assertThat(value(json, "roundTrip99")).isEqualTo(5);
    assertThat(value(json, "handshake50")).isEqualTo(1.235);
    assertThat(value(json, "handshake99")).isEqualTo(2);
  }

  private static double value(JsonNode json, String field) {
    for (int i = 0; i < json.get("fields").size(); i++) {
      if (json.get("fields").get(i).asText().equals(field)) {
        return json.get("samples").get(0).get(i).asDouble();
      }
    }
    throw new AssertionError("no field " + field);
  }
}
