package io.fluxwire.dial;

import static io.fluxwire.dial.DialWorld.addresses;
import static io.fluxwire.dial.DialWorld.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.Reason;
import io.fluxwire.observe.Observability;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

class ObservedDialTest {

  private static final CloseReason BY_PEER = new CloseReason(Reason.CLOSED_BY_PEER, null);

  private final DialWorld world = new DialWorld();
  private final MeterRegistry registry =
      new SimpleMeterRegistry(
          SimpleConfig.DEFAULT,
          new Clock() {
            @Override
            public long wallTime() {
              return world.time.now(TimeUnit.MILLISECONDS);
            }

            @Override
            public long monotonicTime() {
              return world.time.now(TimeUnit.NANOSECONDS);
            }
          });
  private final ReconnectSpec half = ReconnectSpec.create().random(() -> 0.5);

  private Dial<String> dial(AddressSource... sources) {
    return world.dialWith(
        spec -> spec.observability(Observability.none().withMeters(registry)), sources);
  }

  private double value(String name, String... tags) {
    return registry.find("fluxwire." + name).tags(tags).meters().stream()
        .mapToDouble(meter -> meter.measure().iterator().next().getValue())
        .sum();
  }

  private Timer resolved(String outcome) {
    return registry.get("fluxwire.dial.time").tags("stage", "resolve", "outcome", outcome).timer();
  }

  @Test
  void attemptsAreCountedByOutcomeAndFamily() {
    world.refuses("v6-1").isBlackHole("v4-1").authenticates("v6-2", Duration.ofMillis(5));
    dial(AddressSource.of(addresses("v6-1", "v4-1", "v6-2"))).once().subscribe();
    world.passMillis(300);

    assertThat(value("dial.attempts", "outcome", "failure", "family", "ipv6")).isEqualTo(1);
    assertThat(value("dial.attempts", "outcome", "cancelled", "family", "ipv4")).isEqualTo(1);
    assertThat(value("dial.attempts", "outcome", "success", "family", "ipv6")).isEqualTo(1);
    assertThat(value("dial.attempts")).isEqualTo(3);
    assertThat(value("dial.race.won", "family", "ipv6")).isEqualTo(1);
    assertThat(value("dial.race.won")).isEqualTo(1);
  }

  @Test
  void resolutionIsTimed() {
    world.authenticates("v6-1", Duration.ZERO);
    dial(world.answers(at(20, "v6-1"))).once().subscribe();
    world.passMillis(20);

    assertThat(resolved("success").count()).isEqualTo(1);
    assertThat(resolved("success").totalTime(TimeUnit.MILLISECONDS)).isEqualTo(20);
  }

  @Test
  void aSourceThatAnswersTooLateHasFailedAndOneThatIsNotNeededIsCancelled() {
    dial(query -> Flux.never()).once().subscribe(null, failure -> {});
    world.time.advanceTimeBy(DialSpec.RESOLUTION_TIMEOUT);
    assertThat(resolved("failure").totalTime(TimeUnit.SECONDS)).isEqualTo(5);

    world.authenticates("v6-1", Duration.ZERO);
    dial(query -> Flux.never(), AddressSource.of(addresses("v6-1"))).once().subscribe();
    world.passMillis(1);
    assertThat(resolved("cancelled").count()).isEqualTo(1);
  }

  @Test
  void publishersInBackoffAreCountedUntilTheyGoOnOrAreCancelled() {
    Dial<String> dial = dial(world.answers(at(0, "v4-1")));
    Disposable one = dial.repeatedly(half).subscribe();
    dial.repeatedly(half).subscribe();
    world.passMillis(1);
    assertThat(value("reconnect.waiting")).isEqualTo(2);
    one.dispose();
    assertThat(value("reconnect.waiting")).isEqualTo(1);
    world.authenticates("v4-1", Duration.ofMillis(10));
    world.passMillis(505);
    assertThat(value("reconnect.waiting")).isZero();
  }

  @Test
  void theTimeToReconnectIsFromTheEndOfOneConnectionToTheNext() {
    world.authenticates("v4-1", Duration.ofMillis(10));
    List<AddressSource> sources = List.of(world.answers(at(0, "v4-1")));
    dial(sources.get(0)).repeatedly(half).subscribe();
    world.passMillis(70_000);
    Timer time = registry.find("fluxwire.reconnect.time").timer();
    assertThat(time).as("the first connection is no reconnect").isNull();

    world.made.get(0).end(BY_PEER);
    world.passMillis(1_000);
    assertThat(world.made).hasSize(2);
    time = registry.get("fluxwire.reconnect.time").timer();
    assertThat(time.count()).isEqualTo(1);
    assertThat(time.totalTime(TimeUnit.MILLISECONDS)).isEqualTo(510);
  }
}
