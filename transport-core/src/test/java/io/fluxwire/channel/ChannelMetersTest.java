package io.fluxwire.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.observe.Observability;
import io.fluxwire.testing.CallbackLog;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

class ChannelMetersTest {

  private static final List<String> GAUGES =
      List.of(
          "channels.open",
          "channels.connected",
          "channel.packets.kept",
          "channel.bytes.kept",
          "channel.oldest.age");

  private final MockClock clock = new MockClock();
  private final MeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);
  private final ChannelPair pair = observed(registry);

  private static ChannelPair observed(MeterRegistry registry) {
    return new ChannelPair(
        "orders", spec -> spec.observability(Observability.none().withMeters(registry)));
  }

  private double gauge(String name, String role) {
    return registry.get("fluxwire." + name).tag("role", role).gauge().value();
  }

  private double count(String name, String... tags) {
    return registry.find("fluxwire." + name).tags(Tags.of(tags)).counters().stream()
        .mapToDouble(Counter::count)
        .sum();
  }

  @Test
  void packetsAreCountedOnTheirWay() {
    pair.send(3);
    assertThat(count("channel.packets.stored", "role", "dialer")).isEqualTo(3);
    List<Delivery<ByteBuf>> got = pair.received();
    pair.dial();
    pair.run();

    assertThat(count("channel.packets.delivered", "role", "acceptor")).isEqualTo(3);
    assertThat(count("channel.packets.acknowledged")).isZero();
    got.get(2).acknowledge();
    pair.run();

    assertThat(count("channel.packets.acknowledged", "role", "dialer")).isEqualTo(3);
    assertThat(count("channel.packets.stored", "role", "acceptor")).isZero();
    assertThat(count("channel.packets.delivered", "role", "dialer")).isZero();
    assertThat(count("channel.packets.resent")).isZero();
  }

  @Test
  void whatIsKeptIsShownAndForHowLong() {
    List<Delivery<ByteBuf>> got = pair.received();
    pair.send(2);
    clock.add(Duration.ofSeconds(3));
    pair.send(2);
    clock.add(Duration.ofSeconds(4));

    assertThat(gauge("channel.packets.kept", "dialer")).isEqualTo(4);
    assertThat(gauge("channel.bytes.kept", "dialer")).isEqualTo(32);
    assertThat(gauge("channel.oldest.age", "dialer")).isEqualTo(7);
    assertThat(gauge("channel.oldest.age", "acceptor")).isZero();
    pair.dial();
    pair.run();
    got.get(1).acknowledge();
    pair.time.advanceTimeBy(Duration.ofSeconds(1));
    pair.run();

    assertThat(gauge("channel.packets.kept", "dialer")).isEqualTo(2);
    assertThat(gauge("channel.bytes.kept", "dialer")).isEqualTo(16);
    assertThat(gauge("channel.oldest.age", "dialer")).isEqualTo(4);
    got.get(3).acknowledge();
    pair.run();

    assertThat(gauge("channel.packets.kept", "dialer")).isZero();
    assertThat(gauge("channel.bytes.kept", "dialer")).isZero();
    assertThat(gauge("channel.oldest.age", "dialer")).isZero();
  }

  @Test
  void theOldestOfAllChannelsIsShown() {
    pair.send(1);
    clock.add(Duration.ofSeconds(3));
    ChannelPair other = observed(registry);
    other.send(1);
    clock.add(Duration.ofSeconds(2));

    assertThat(gauge("channel.oldest.age", "dialer")).isEqualTo(5);
    pair.dialer.dispose();
    assertThat(gauge("channel.oldest.age", "dialer")).isEqualTo(2);
    assertThat(gauge("channels.open", "dialer")).isEqualTo(1);
  }

  @Test
  void whatAnEarlierProcessLeftIsAsOldAsTheOpenChannel() {
    pair.send(2);
    clock.add(Duration.ofSeconds(60));
    pair.dialer.dispose();
    pair.dialer = pair.open(true, pair.dialersStore);
    clock.add(Duration.ofSeconds(5));

    assertThat(gauge("channel.oldest.age", "dialer")).isEqualTo(5);
    assertThat(gauge("channel.packets.kept", "dialer")).isEqualTo(2);
    assertThat(gauge("channel.bytes.kept", "dialer")).isEqualTo(16);
    assertThat(count("channel.packets.stored")).isEqualTo(2);
  }

  @Test
  void onlyWhatWasSentBeforeCountsAsSentAgain() {
    List<Delivery<ByteBuf>> got = pair.received();
    SimulatedLink link = pair.dial();
    pair.send(3);
    pair.run();
    got.get(0).acknowledge();
    pair.time.advanceTimeBy(Duration.ofSeconds(1));
    pair.run();
    link.cut();
    pair.send(4);
    pair.dial();
    pair.run();

    assertThat(count("channel.packets.resent", "role", "dialer")).isEqualTo(2);
    assertThat(count("channel.packets.delivered", "role", "acceptor")).isEqualTo(7);
    assertThat(count("channel.reconnects", "role", "dialer")).isEqualTo(1);
    assertThat(count("channel.reconnects", "role", "acceptor")).isEqualTo(1);
    assertThat(count("channel.takeovers")).isZero();
  }

  @Test
  void aTakeoverIsCountedAtBothSides() {
    pair.dial();
    pair.run();
    assertThat(gauge("channels.connected", "acceptor")).isEqualTo(1);
    // What the dialer says over the first one is late.
    pair.run(pair.dial());

    assertThat(count("channel.takeovers", "role", "dialer")).isEqualTo(1);
    assertThat(count("channel.takeovers", "role", "acceptor")).isEqualTo(1);
    assertThat(gauge("channels.connected", "acceptor")).isEqualTo(1);
    assertThat(gauge("channels.connected", "dialer")).isEqualTo(1);
  }

  @Test
  void nothingIsShownOfAChannelThatHasEnded() {
    pair.received();
    pair.dial();
    pair.send(3);
    pair.run();
    clock.add(Duration.ofSeconds(3));
    assertThat(GAUGES).allMatch(name -> gauge(name, "dialer") > 0);
    pair.dialer.close().subscribe();
    pair.acceptor.dispose();

    for (String role : List.of("dialer", "acceptor")) {
      assertThat(GAUGES).allMatch(name -> gauge(name, role) == 0);
      assertThat(count("channels.ended", "role", role, "reason", "closed_locally")).isEqualTo(1);
    }
  }

  @Test
  void anEndHasItsReason() {
    SimulatedLink link = pair.dial();
    pair.run();
    link.cut();
    pair.acceptorsStore.lose();
    pair.acceptor = pair.open(false, pair.acceptorsStore);
    pair.dial();
    pair.run();

    assertThat(count("channels.ended", "role", "dialer", "reason", "channel_disagreement"))
        .isEqualTo(1);
    assertThat(gauge("channels.connected", "dialer")).isZero();
  }

  @Test
  void writesToTheStoreAreTimedAndFullOnesCounted() {
    SimulatedStore slow = new SimulatedStore();
    pair.dialer = pair.open(true, slow);
    pair.send(1);
    slow.refuse();
    pair.time.advanceTimeBy(Duration.ofSeconds(1));
    slow.refuse();
    pair.time.advanceTimeBy(Duration.ofSeconds(1));
    clock.add(Duration.ofMillis(20));
    slow.complete();

    assertThat(count("channel.store.full", "role", "dialer")).isEqualTo(2);
    Timer time = registry.get("fluxwire.channel.store.time").tag("role", "dialer").timer();
    assertThat(time.count()).isEqualTo(1);
    assertThat(time.totalTime(TimeUnit.MILLISECONDS)).isEqualTo(20);
    assertThat(count("channel.packets.stored")).isEqualTo(1);
  }

  static Stream<Throwable> thrown() {
    return Stream.of(new IllegalStateException("a registry"), new OutOfMemoryError("a registry"));
  }

  @ParameterizedTest
  @MethodSource("thrown")
  void aRegistryThatThrowsChangesNothing(Throwable thrown) {
    try (CallbackLog log = new CallbackLog()) {
      ChannelPair broken = observed(new ThrowingCounters(thrown));
      List<Delivery<ByteBuf>> got = broken.received();
      broken.dial();
      broken.send(3);
      broken.run();
      got.get(2).acknowledge();
      broken.dial();
      broken.run();
      Mono<Void> end = broken.dialer.close();
      end.subscribe();

      assertThat(got).hasSize(3);
      assertThat(broken.dialersStore.state().first()).isEqualTo(3);
      assertThat(broken.dialer.isDisposed()).isTrue();
      assertThat(log.logged()).isNotEmpty().allMatch(logged -> logged == thrown);
    }
  }

  /** Counters throw. */
  private static final class ThrowingCounters extends SimpleMeterRegistry {

    private final Throwable thrown;

    ThrowingCounters(Throwable thrown) {
      this.thrown = thrown;
    }

    @Override
    protected Counter newCounter(Meter.Id id) {
      return new Counter() {
        @Override
        public void increment(double amount) {
          if (thrown instanceof Error error) {
            throw error;
          }
          throw (RuntimeException) thrown;
        }

        @Override
        public double count() {
          return 0;
        }

        @Override
        public Meter.Id getId() {
          return id;
        }
      };
    }
  }
}
