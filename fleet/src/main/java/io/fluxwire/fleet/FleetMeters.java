package io.fluxwire.fleet;

import io.fluxwire.internal.Callbacks;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;

/**
 * The meters of an instance. A test checks that {@code docs/fleet.md} lists them. The tag {@code
 * member} is the instance's name, since instances of one process may share a registry.
 */
enum FleetMeters {
  JOINED(
      "fluxwire.fleet.joined",
      Meter.Type.GAUGE,
      group -> group.state() == FleetGroup.State.JOINED ? 1 : 0),
  MEMBERS("fluxwire.fleet.members", Meter.Type.GAUGE, group -> group.members().size()),
  PEERS("fluxwire.fleet.peers", Meter.Type.GAUGE, group -> group.snapshot().peers()),
  DIALS("fluxwire.fleet.dials", Meter.Type.GAUGE, group -> group.snapshot().dials()),
  RULES("fluxwire.fleet.rules", Meter.Type.GAUGE, group -> group.snapshot().rules()),
  PENDING("fluxwire.fleet.pending", Meter.Type.GAUGE, group -> group.snapshot().pendingBytes()),
  FORWARDED("fluxwire.fleet.forwarded", "out", FleetSnapshot.Counters::forwarded),
  RECEIVED("fluxwire.fleet.forwarded", "in", FleetSnapshot.Counters::received),
  MISSES("fluxwire.fleet.misses", null, FleetSnapshot.Counters::misses),
  MOVES("fluxwire.fleet.moves", null, FleetSnapshot.Counters::moves),
  DUPLICATES("fluxwire.fleet.duplicates", null, FleetSnapshot.Counters::duplicates),
  MALFORMED("fluxwire.fleet.malformed", null, FleetSnapshot.Counters::malformed);

  final String meter;
  private final Meter.Type type;
  private final @Nullable String flow;

  @SuppressWarnings("ImmutableEnumChecker") // no function here has a state
  private final ToDoubleFunction<FleetGroup<?>> value;

  FleetMeters(String meter, Meter.Type type, ToDoubleFunction<FleetGroup<?>> value) {
    this.meter = meter;
    this.type = type;
    this.flow = null;
    this.value = value;
  }

  FleetMeters(String meter, @Nullable String flow, ToDoubleFunction<FleetSnapshot.Counters> value) {
    this.meter = meter;
    this.type = Meter.Type.COUNTER;
    this.flow = flow;
    this.value = group -> value.applyAsDouble(group.snapshot().counters());
  }

  /** Registers the meters until the result is disposed of. */
  static Disposable bind(FleetGroup<?> group, MeterRegistry registry) {
    List<Meter> made = new ArrayList<>();
    for (FleetMeters each : values()) {
      Callbacks.run("a meter registry", () -> made.add(each.register(group, registry)));
    }
    return () ->
        made.forEach(meter -> Callbacks.run("a meter registry", () -> registry.remove(meter)));
  }

  private Meter register(FleetGroup<?> group, MeterRegistry registry) {
    Tags tags = Tags.of("member", group.self().name());
    if (flow != null) {
      tags = tags.and("flow", flow);
    }
    String unit = this == PENDING ? "bytes" : null;
    return type == Meter.Type.GAUGE
        ? Gauge.builder(meter, group, value).tags(tags).baseUnit(unit).register(registry)
        : FunctionCounter.builder(meter, group, value).tags(tags).register(registry);
  }
}
