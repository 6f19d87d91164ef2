package telemetry.ingest;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.TooManyRequestsException;
import io.fluxwire.group.PeerGroup;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.retry.Retry;
import telemetry.wire.GetCurrent;
import telemetry.wire.SetInterval;
import telemetry.wire.TelemetryPkt;

/** The stations, as the page and its users see them. */
@RestController
@RequestMapping("/stations")
class StationController {

  record Station(String id, boolean connected, long readings, Instant takenAt, double celsius) {}

  record Current(Instant takenAt, double celsius) {}

  record Interval(long millis) {}

  private final Readings readings;
  private final PeerGroup<TelemetryPkt> stations;
  private final Sinks.Empty<Void> closing = Sinks.empty();

  /** One query for all who watch; who does not keep up misses some of what it would see. */
  private final Flux<List<Station>> events =
      Flux.interval(Duration.ZERO, Duration.ofMillis(500))
          .onBackpressureDrop()
          .concatMap(tick -> stations().collectList(), 1)
          .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, Duration.ofSeconds(1)))
          .replay(1)
          .refCount();

  StationController(Readings readings, PeerGroup<TelemetryPkt> stations) {
    this.readings = readings;
    this.stations = stations;
  }

  @GetMapping
  Flux<Station> stations() {
    return readings.latest().map(this::seen);
  }

  private Station seen(Readings.Latest latest) {
    return new Station(
        latest.station(),
        stations.peers().contains(NodeId.parse(latest.station())),
        latest.number() + 1,
        latest.takenAt(),
        latest.celsius());
  }

  @GetMapping(path = "/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
  Flux<List<Station>> events() {
    return events.onBackpressureLatest().takeUntilOther(closing.asMono());
  }

  /** Or the web server would wait for those who watch. */
  @EventListener(ContextClosedEvent.class)
  void close() {
    closing.tryEmitEmpty();
  }

  @GetMapping("/{id}/current")
  Mono<Current> current(@PathVariable String id) {
    TelemetryPkt question =
        TelemetryPkt.newBuilder().setGetCurrent(GetCurrent.getDefaultInstance()).build();
    return stations
        .request(NodeId.parse(id), question)
        .map(TelemetryPkt::getReading)
        .map(
            reading ->
                new Current(
                    Instant.ofEpochMilli(reading.getTakenAtMillis()), reading.getCelsius()));
  }

  @PutMapping("/{id}/interval")
  Mono<Interval> setInterval(@PathVariable String id, @RequestParam long millis) {
    TelemetryPkt question =
        TelemetryPkt.newBuilder()
            .setSetInterval(SetInterval.newBuilder().setMillis(millis))
            .build();
    return stations
        .request(NodeId.parse(id), question)
        .map(answer -> new Interval(answer.getInterval().getMillis()));
  }

  @ExceptionHandler
  @ResponseStatus(HttpStatus.SERVICE_UNAVAILABLE)
  String notConnected(ConnectionClosedException e) {
    return e.getMessage();
  }

  /** As many requests as may have no answer yet, and those that wait for a place among them. */
  @ExceptionHandler
  ResponseEntity<String> busy(TooManyRequestsException e) {
    return ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE)
        .header(HttpHeaders.RETRY_AFTER, "1")
        .body(e.getMessage());
  }

  @ExceptionHandler
  @ResponseStatus(HttpStatus.GATEWAY_TIMEOUT)
  String noAnswer(PeerTimeoutException e) {
    return e.getMessage();
  }

  @ExceptionHandler
  @ResponseStatus(HttpStatus.BAD_REQUEST)
  String noId(IllegalArgumentException e) {
    return e.getMessage();
  }
}
