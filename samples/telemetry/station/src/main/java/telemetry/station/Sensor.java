package telemetry.station;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import telemetry.wire.Reading;

/** A thermometer, made up. */
@Component
class Sensor {

  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final Duration LONGEST = Duration.ofHours(1);

  private volatile Duration interval;

  Sensor(@Value("${station.interval}") Duration interval) {
    this.interval = possible(interval);
  }

  /** Takes the nearest interval that is possible, and says which. */
  Duration setInterval(Duration wanted) {
    Duration taken = possible(wanted);
    interval = taken;
    return taken;
  }

  private static Duration possible(Duration wanted) {
    if (wanted.compareTo(SHORTEST) < 0) {
      return SHORTEST;
    }
    return wanted.compareTo(LONGEST) > 0 ? LONGEST : wanted;
  }

  Reading measure() {
    return Reading.newBuilder()
        .setTakenAtMillis(System.currentTimeMillis())
        .setCelsius(20 + ThreadLocalRandom.current().nextGaussian())
        .build();
  }

  /** A reading in each interval, but none while the subscriber asks for none. */
  Flux<Reading> readings() {
    return Mono.defer(() -> Mono.delay(interval)).map(tick -> measure()).repeat();
  }
}
