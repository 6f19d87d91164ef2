package io.fluxwire.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MetersTest {

  @Test
  void thoseWhoShareARegistryShareItsGauges() {
    MeterRegistry registry = new SimpleMeterRegistry();
    Observability.none().withMeters(registry).reconnect().onWaiting();
    Observability.none().withMeters(registry).reconnect().onWaiting();

    assertThat(registry.get("fluxwire.reconnect.waiting").gauge().value()).isEqualTo(2);
    MeterRegistry other = new SimpleMeterRegistry();
    Observability.none().withMeters(other);
    assertThat(other.get("fluxwire.reconnect.waiting").gauge().value()).isZero();
  }

  @Test
  void aRegistryThatJoinsLaterSeesTheSame() {
    CompositeMeterRegistry all = new CompositeMeterRegistry();
    Observability.none().withMeters(all).reconnect().onWaiting();
    SimpleMeterRegistry late = new SimpleMeterRegistry();
    all.add(late);

    assertThat(late.get("fluxwire.reconnect.waiting").gauge().value()).isEqualTo(1);
  }

  @Test
  void aMeterHasItsOwnTagsAndNoOthers() {
    Meters meters = Meters.of(new SimpleMeterRegistry());
    assertThatThrownBy(() -> meters.counter(FluxwireMeters.FAILURES))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void namesAreMicrometers() {
    Set<String> names = new HashSet<>();
    for (FluxwireMeters meter : FluxwireMeters.values()) {
      assertThat(meter.getName()).matches("fluxwire(\\.[a-z]+)+");
      assertThat(names.add(meter.getName())).as(meter.getName()).isTrue();
      assertThat(Arrays.stream(meter.getKeyNames()).map(FluxwireMeters.Tag::asString))
          .doesNotHaveDuplicates();
      assertThat(meter.getKeyNames())
          .allSatisfy(tag -> assertThat(tag.allowed()).hasSizeBetween(2, 100));
    }
  }

  @Test
  void observabilitySaysWhatIsOn() {
    assertThat(Observability.none())
        .hasToString("Observability[meters off, traces off, 0 listeners]");
    assertThat(
            Observability.none()
                .withMeters(new SimpleMeterRegistry())
                .withListener(SessionListener.NONE))
        .hasToString("Observability[meters on, traces off, 1 listeners]");
  }
}
