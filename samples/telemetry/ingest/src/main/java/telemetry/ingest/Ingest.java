package telemetry.ingest;

import io.fluxwire.NodeId;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.request.RequestSpec;
import io.fluxwire.spring.ChannelHandler;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import telemetry.packets.Telemetry;
import telemetry.wire.TelemetryPkt;

/** Stores what stations measure, shows it, and asks them. */
@SpringBootApplication
public class Ingest {

  public static void main(String[] args) {
    SpringApplication.run(Ingest.class, args);
  }

  @Bean
  PacketCodec<TelemetryPkt> codec() {
    return Telemetry.CODEC;
  }

  @Bean
  RequestSpec<TelemetryPkt> requests() {
    return Telemetry.REQUESTS;
  }

  /** A reading is acknowledged once it is committed; the station keeps it until then. */
  @Bean
  ChannelHandler<TelemetryPkt> channels(Readings readings) {
    return channel -> {
      NodeId station = channel.remoteId();
      return readings
          .register(station)
          .then(
              channel.handle(
                  delivery ->
                      readings.store(station, delivery.number(), delivery.packet().getReading())));
    };
  }
}
