package telemetry.station;

import io.fluxwire.packet.PacketCodec;
import io.fluxwire.request.RequestHandlers;
import io.fluxwire.request.RequestSpec;
import java.time.Duration;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import reactor.core.publisher.Mono;
import telemetry.packets.Telemetry;
import telemetry.wire.Interval;
import telemetry.wire.TelemetryPkt;
import telemetry.wire.TelemetryPkt.PktCase;

/** Measures, streams its readings to the ingest, and answers what the ingest asks. */
@SpringBootApplication
public class Station {

  public static void main(String[] args) {
    SpringApplication.run(Station.class, args);
  }

  @Bean
  PacketCodec<TelemetryPkt> codec() {
    return Telemetry.CODEC;
  }

  @Bean
  RequestSpec<TelemetryPkt> requests() {
    return Telemetry.REQUESTS;
  }

  @Bean
  RequestHandlers<TelemetryPkt, PktCase> handlers(Sensor sensor) {
    return RequestHandlers.by(TelemetryPkt::getPktCase)
        .onRequest(PktCase.GET_CURRENT, (ingest, question) -> current(sensor, question))
        .onRequest(PktCase.SET_INTERVAL, (ingest, question) -> setInterval(sensor, question));
  }

  private static Mono<TelemetryPkt> current(Sensor sensor, TelemetryPkt question) {
    return Mono.just(Telemetry.answerTo(question).setReading(sensor.measure()).build());
  }

  private static Mono<TelemetryPkt> setInterval(Sensor sensor, TelemetryPkt question) {
    Duration set = sensor.setInterval(Duration.ofMillis(question.getSetInterval().getMillis()));
    Interval.Builder interval = Interval.newBuilder().setMillis(set.toMillis());
    return Mono.just(Telemetry.answerTo(question).setInterval(interval).build());
  }
}
