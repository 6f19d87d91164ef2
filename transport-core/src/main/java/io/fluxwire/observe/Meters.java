package io.fluxwire.observe;

import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.Aead;
import io.fluxwire.internal.Callbacks;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.noop.NoopCounter;
import io.micrometer.core.instrument.noop.NoopDistributionSummary;
import io.micrometer.core.instrument.noop.NoopTimer;
import java.lang.ref.WeakReference;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one registry, each made when it is first used, and kept. Thread-safe.
 *
 * <p>A registry keeps the first gauge of a name and ignores later ones, so the clients and servers
 * that share a registry have to share what its gauges read.
 *
 * <p>Nothing here throws: a registry, its filters, its listeners and its clock are the
 * application's, and connections go on without them. A meter that a registry refuses to make is
 * logged once and counts nothing.
 */
final class Meters {

  /** What the log calls all that belongs to a registry. */
  static final String REGISTRY = "a meter registry";

  /** Weak at both ends: a registry holds its meters by its gauges, and nothing holds it. */
  private static final Map<MeterRegistry, WeakReference<Meters>> BY_REGISTRY = new WeakHashMap<>();

  private final MeterRegistry registry;
  private final Map<Key, Counter> counters = new ConcurrentHashMap<>();
  private final Map<Key, Timer> timers = new ConcurrentHashMap<>();
  private final Map<Key, LongAdder> gauges = new ConcurrentHashMap<>();
  private final Map<FluxwireMeters.Role, Set<MeterChannel>> channels =
      new EnumMap<>(FluxwireMeters.Role.class);
  private final DistributionSummary sizesIn;
  private final DistributionSummary sizesOut;

  private record Key(FluxwireMeters meter, List<String> values) {}

  private Meters(MeterRegistry registry) {
    this.registry = registry;
    this.sizesIn = summary(FluxwireMeters.PACKET_SIZE, FluxwireMeters.Flow.IN);
    this.sizesOut = summary(FluxwireMeters.PACKET_SIZE, FluxwireMeters.Flow.OUT);
    // There from the start, so that nothing is mistaken for zero.
    gauge(FluxwireMeters.HANDSHAKES_PENDING);
    gauge(FluxwireMeters.WRITE_QUEUE);
    gauge(FluxwireMeters.BYTES_HELD);
    gauge(FluxwireMeters.RECONNECT_WAITING);
    for (FluxwireMeters.Role role : FluxwireMeters.Role.values()) {
      gauge(FluxwireMeters.CHANNELS_OPEN, role);
      gauge(FluxwireMeters.CHANNELS_CONNECTED, role);
      gauge(FluxwireMeters.CHANNEL_PACKETS_KEPT, role);
      gauge(FluxwireMeters.CHANNEL_BYTES_KEPT, role);
      Set<MeterChannel> open = ConcurrentHashMap.newKeySet();
      channels.put(role, open);
      show(key(FluxwireMeters.CHANNEL_OLDEST, role), meters -> meters.oldestSeconds(open));
    }
    for (Direction direction : Direction.values()) {
      active(direction, SessionParameters.V3);
      for (Aead cipher : Aead.values()) {
        active(direction, SessionParameters.upgraded(cipher, false, 0));
        active(direction, SessionParameters.upgraded(cipher, true, 0));
      }
    }
  }

  static Meters of(MeterRegistry registry) {
    synchronized (BY_REGISTRY) {
      WeakReference<Meters> known = BY_REGISTRY.get(registry);
      Meters meters = known == null ? null : known.get();
      if (meters == null) {
        meters = new Meters(registry);
        BY_REGISTRY.put(registry, new WeakReference<>(meters));
      }
      return meters;
    }
  }

  /** Of the registry's clock, in nanoseconds. */
  long now() {
    try {
      return registry.config().clock().monotonicTime();
    } catch (Throwable thrown) {
      Callbacks.report(REGISTRY, thrown);
      return System.nanoTime();
    }
  }

  DistributionSummary sizes(FluxwireMeters.Flow flow) {
    return flow == FluxwireMeters.Flow.IN ? sizesIn : sizesOut;
  }

  /** Adds one to the counter with these values of its tags; null is none. */
  void count(FluxwireMeters meter, @Nullable Enum<?>... values) {
    Callbacks.run(REGISTRY, counter(meter, values)::increment);
  }

  /** Records the time since an earlier {@link #now()}. */
  void time(long since, FluxwireMeters meter, @Nullable Enum<?>... values) {
    record(now() - since, meter, values);
  }

  /** Records a time, in nanoseconds. */
  void record(long nanos, FluxwireMeters meter, @Nullable Enum<?>... values) {
    Timer timer = timer(meter, values);
    Callbacks.run(REGISTRY, () -> timer.record(nanos, TimeUnit.NANOSECONDS));
  }

  /** The counter with these values of its tags, in the order of the tags. It may throw. */
  Counter counter(FluxwireMeters meter, @Nullable Enum<?>... values) {
    return counters.computeIfAbsent(
        key(meter, values),
        key ->
            made(
                () ->
                    Counter.builder(meter.getName())
                        .tags(tags(key))
                        .description(meter.description())
                        .baseUnit(meter.getBaseUnit())
                        .register(registry),
                key,
                NoopCounter::new));
  }

  /** As {@link #counter}. */
  Timer timer(FluxwireMeters meter, @Nullable Enum<?>... values) {
    return timers.computeIfAbsent(
        key(meter, values),
        key ->
            made(
                () ->
                    Timer.builder(meter.getName())
                        .tags(tags(key))
                        .description(meter.description())
                        .serviceLevelObjectives(meter.timeBuckets())
                        .register(registry),
                key,
                NoopTimer::new));
  }

  /** How many connections are up that negotiated this. */
  LongAdder active(Direction direction, SessionParameters negotiated) {
    return gauge(FluxwireMeters.CONNECTIONS_ACTIVE, tags(direction, negotiated));
  }

  /** Counts a connection that is up. */
  void opened(Direction direction, SessionParameters negotiated) {
    count(FluxwireMeters.CONNECTIONS_OPENED, tags(direction, negotiated));
  }

  private static @Nullable Enum<?>[] tags(Direction direction, SessionParameters negotiated) {
    return new @Nullable Enum<?>[] {
      direction, negotiated.protocol(), negotiated.aead(), FluxwireMeters.PostQuantum.of(negotiated)
    };
  }

  /** As {@link #counter}; what the gauge shows. */
  LongAdder gauge(FluxwireMeters meter, @Nullable Enum<?>... values) {
    return gauges.computeIfAbsent(
        key(meter, values),
        key -> {
          LongAdder shown = new LongAdder();
          show(key, held -> shown.sum());
          return shown;
        });
  }

  private void show(Key key, ToDoubleFunction<Meters> value) {
    FluxwireMeters meter = key.meter();
    Callbacks.run(
        REGISTRY,
        () ->
            // The function holds these meters as long as the registry lives.
            Gauge.builder(meter.getName(), this, value)
                .strongReference(true)
                .tags(tags(key))
                .description(meter.description())
                .baseUnit(meter.getBaseUnit())
                .register(registry));
  }

  /** The open channels, of which the gauge shows the age of the oldest packet. */
  Set<MeterChannel> oldest(FluxwireMeters.Role role) {
    return Objects.requireNonNull(channels.get(role));
  }

  private double oldestSeconds(Set<MeterChannel> open) {
    long now = now();
    long oldest = open.stream().mapToLong(channel -> channel.age(now)).max().orElse(0);
    return Math.max(0, oldest) / 1e9;
  }

  private DistributionSummary summary(FluxwireMeters meter, @Nullable Enum<?>... values) {
    Key key = key(meter, values);
    return made(
        () ->
            DistributionSummary.builder(meter.getName())
                .tags(tags(key))
                .description(meter.description())
                .baseUnit(meter.getBaseUnit())
                .serviceLevelObjectives(meter.sizeBuckets())
                .register(registry),
        key,
        NoopDistributionSummary::new);
  }

  private static <M extends Meter> M made(
      Supplier<M> registering, Key key, Function<Meter.Id, M> otherwise) {
    try {
      return registering.get();
    } catch (Throwable thrown) {
      Callbacks.report(REGISTRY, thrown);
      return otherwise.apply(
          new Meter.Id(key.meter().getName(), tags(key), null, null, Meter.Type.OTHER));
    }
  }

  private static Key key(FluxwireMeters meter, @Nullable Enum<?>... values) {
    return new Key(meter, Arrays.stream(values).map(Values::of).toList());
  }

  private static Tags tags(Key key) {
    FluxwireMeters.Tag[] names = key.meter().getKeyNames();
    if (names.length != key.values().size()) {
      throw new IllegalArgumentException(key.meter() + " has other tags than " + key.values());
    }
    Tags tags = Tags.empty();
    for (int i = 0; i < names.length; i++) {
      tags = tags.and(names[i].asString(), key.values().get(i));
    }
    return tags;
  }
}
