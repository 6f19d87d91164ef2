package io.fluxwire.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.TestFleet.Instance;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

class FleetMetersTest {

  private static final Pattern ROW =
      Pattern.compile("^\\| `(fluxwire\\.fleet\\.[a-z.]+)` \\| ", Pattern.MULTILINE);

  private final MeterRegistry registry = new SimpleMeterRegistry();
  private final TestFleet fleet = new TestFleet();
  private final Instance one = fleet.join("one", spec -> spec.meterRegistry(registry));
  private final Instance two = fleet.join("two", spec -> spec.meterRegistry(registry));

  private double gauge(String name, String member) {
    return registry.get(name).tag("member", member).gauge().value();
  }

  private double count(String name, String member, String... tags) {
    return registry.get(name).tag("member", member).tags(tags).functionCounter().count();
  }

  @Test
  void theyShowWhatEachInstanceOfARegistryDoes() {
    NodeId peer = TestFleet.peer();
    two.connect(peer);
    one.fleet().send(peer, Mono.just("packet")).subscribe();
    one.fleet().ban(TestFleet.peer(), Duration.ofHours(1)).subscribe();
    fleet.settle();
    assertThat(gauge("fluxwire.fleet.joined", "one")).isEqualTo(1);
    assertThat(gauge("fluxwire.fleet.members", "one")).isEqualTo(2);
    assertThat(gauge("fluxwire.fleet.peers", "one")).isZero();
    assertThat(gauge("fluxwire.fleet.peers", "two")).isEqualTo(1);
    assertThat(gauge("fluxwire.fleet.rules", "two")).isEqualTo(1);
    assertThat(gauge("fluxwire.fleet.pending", "two")).isZero();
    assertThat(count("fluxwire.fleet.forwarded", "one", "flow", "out")).isEqualTo(1);
    assertThat(count("fluxwire.fleet.forwarded", "one", "flow", "in")).isZero();
    assertThat(count("fluxwire.fleet.forwarded", "two", "flow", "in")).isEqualTo(1);
    assertThat(count("fluxwire.fleet.misses", "one")).isZero();
  }

  @Test
  void theyGoWithTheirInstance() {
    one.fleet().dispose();
    assertThat(registry.getMeters())
        .isNotEmpty()
        .allSatisfy(meter -> assertThat(meter.getId().getTag("member")).isEqualTo("two"));
  }

  @Test
  void theManualListsThem() throws IOException {
    Set<String> listed =
        ROW.matcher(Files.readString(Path.of("../docs/fleet.md")))
            .results()
            .map((MatchResult row) -> row.group(1))
            .collect(Collectors.toSet());
    assertThat(listed)
        .isEqualTo(
            Arrays.stream(FleetMeters.values())
                .map(meter -> meter.meter)
                .collect(Collectors.toSet()));
  }
}
