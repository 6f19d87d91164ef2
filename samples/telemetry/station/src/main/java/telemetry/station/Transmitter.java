package telemetry.station;

import io.fluxwire.channel.PeerChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import telemetry.wire.Reading;
import telemetry.wire.TelemetryPkt;

/** Sends what the sensor measures, through a channel: it is kept here until the ingest has it. */
@Component
class Transmitter implements DisposableBean {

  private static final Logger LOG = LoggerFactory.getLogger(Transmitter.class);

  private final Disposable sending;

  Transmitter(@Qualifier("ingest") PeerChannel<TelemetryPkt> ingest, Sensor sensor) {
    sending =
        ingest
            .send(sensor.readings().map(Transmitter::packet))
            .subscribe(stored -> {}, failure -> LOG.error("{} has ended", ingest, failure));
  }

  private static TelemetryPkt packet(Reading reading) {
    return TelemetryPkt.newBuilder().setReading(reading).build();
  }

  @Override
  public void destroy() {
    sending.dispose();
  }
}
