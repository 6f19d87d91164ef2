package io.fluxwire.node;

import io.fluxwire.testing.FaultProxy;
import io.fluxwire.testing.FaultProxy.Direction;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;

/** Faults at random, one after the other, with a calm before each. */
final class Chaos {

  private static final int SHORTEST_MILLIS = 100;
  private static final int LONGEST_CALM_MILLIS = 1000;
  private static final int LONGEST_FAULT_MILLIS = 2000;

  private enum Fault {
    RESET(false),
    DISCONNECT(false),
    HALF_CLOSE(false),
    DROP(false),
    CORRUPT(false),
    STALL(true),
    REFUSE(true),
    DELAY(true),
    SLOW(true),
    SPLIT(true);

    private final boolean lasts;

    Fault(boolean lasts) {
      this.lasts = lasts;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private final FaultProxy proxy;
  private final SplittableRandom random;
  private final Map<Fault, AtomicLong> counts = new ConcurrentSkipListMap<>();
  private volatile String latest = "none";

  /**
   * Does nothing before it is subscribed to.
   *
   * @param proxy what to do it to
   * @param seed decides which faults, and when
   */
  Chaos(FaultProxy proxy, long seed) {
    this.proxy = proxy;
    this.random = new SplittableRandom(seed);
  }

  /** Goes on until it is cancelled; then the network is as it was before. */
  Mono<Void> run() {
    return Mono.defer(this::next).repeat().then().doFinally(signal -> calm());
  }

  private Mono<Void> next() {
    Fault fault = Fault.values()[random.nextInt(Fault.values().length)];
    Direction direction = random.nextBoolean() ? Direction.TO_TARGET : Direction.FROM_TARGET;
    Mono<Void> once =
        pause(LONGEST_CALM_MILLIS).then(Mono.fromRunnable(() -> begin(fault, direction)));
    return fault.lasts
        ? once.then(pause(LONGEST_FAULT_MILLIS)).then(Mono.fromRunnable(this::calm))
        : once;
  }

  private Mono<Long> pause(int longestMillis) {
    return Mono.delay(Duration.ofMillis(random.nextInt(SHORTEST_MILLIS, longestMillis)));
  }

  private void begin(Fault fault, Direction direction) {
    latest = fault.toString();
    counts.computeIfAbsent(fault, any -> new AtomicLong()).incrementAndGet();
    switch (fault) {
      case RESET -> proxy.reset();
      case DISCONNECT -> proxy.disconnect();
      case HALF_CLOSE -> proxy.halfClose(direction);
      case DROP -> proxy.drop(direction);
      case CORRUPT -> proxy.corrupt(direction);
      case STALL -> proxy.stall();
      case REFUSE -> {
        proxy.refuse(true);
        proxy.reset();
      }
      case DELAY -> proxy.delay(Duration.ofMillis(random.nextInt(1, 50)));
      case SLOW -> proxy.bytesPerSecond(random.nextInt(100_000, 10_000_000));
      case SPLIT -> proxy.split(random.nextInt(1, 100));
    }
  }

  private void calm() {
    proxy.resume();
    proxy.refuse(false);
    proxy.delay(Duration.ZERO);
    proxy.bytesPerSecond(0);
    proxy.split(0);
  }

  /** How many faults there were. */
  long count() {
    return counts.values().stream().mapToLong(AtomicLong::get).sum();
  }

  /** What the last one was. */
  String latest() {
    return latest;
  }

  /** How many of each kind there were, for a person. */
  String summary() {
    return counts.entrySet().stream()
        .map(entry -> entry.getValue() + " " + entry.getKey())
        .collect(Collectors.joining(", "));
  }
}
