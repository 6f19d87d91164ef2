package io.fluxwire.session;

import static io.fluxwire.testing.Thrown.raise;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.observe.Observability;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.testing.CallbackLog;
import io.fluxwire.testing.Thrown;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.config.MeterFilterReply;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;

/** Whoever observes a connection changes nothing of it, whatever is thrown. */
class ForeignObserverTest {

  private final CallbackLog log = new CallbackLog();

  @AfterEach
  void stopListening() {
    log.close();
  }

  /** Which callback of a handler throws. */
  private enum Callback {
    START,
    EVENT,
    ERROR,
    STOP
  }

  static Stream<Arguments> handlers() {
    return Thrown.kinds()
        .flatMap(thrown -> Stream.of(Callback.values()).map(where -> Arguments.of(where, thrown)));
  }

  private static final class Throwing implements ObservationHandler<Observation.Context> {

    private final Callback where;
    private final Throwable thrown;

    Throwing(Callback where, Throwable thrown) {
      this.where = where;
      this.thrown = thrown;
    }

    private void in(Callback callback) {
      if (where == callback) {
        raise(thrown);
      }
    }

    @Override
    public void onStart(Observation.Context context) {
      in(Callback.START);
    }

    @Override
    public void onEvent(Observation.Event event, Observation.Context context) {
      in(Callback.EVENT);
    }

    @Override
    public void onError(Observation.Context context) {
      in(Callback.ERROR);
    }

    @Override
    public void onStop(Observation.Context context) {
      in(Callback.STOP);
    }

    @Override
    public boolean supportsContext(Observation.Context context) {
      return true;
    }
  }

  @ParameterizedTest
  @MethodSource("handlers")
  void anObservationHandlerThatThrowsChangesNothing(Callback where, Throwable thrown) {
    ObservationRegistry registry = ObservationRegistry.create();
    registry.observationConfig().observationHandler(new Throwing(where, thrown));
    livesAndEnds(Observability.none().withObservations(registry));
    if (where != Callback.ERROR) {
      assertThat(log.logged()).isNotEmpty().allMatch(logged -> logged == thrown);
    }
    fails(Observability.none().withObservations(registry));
    assertThat(log.logged()).contains(thrown);
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void anObservationRegistryThatMakesNoneChangesNothing(Throwable thrown) {
    ObservationRegistry registry = ObservationRegistry.create();
    registry.observationConfig().observationPredicate((name, context) -> raise(thrown));
    registry.observationConfig().observationHandler(context -> true);
    livesAndEnds(Observability.none().withObservations(registry));
    fails(Observability.none().withObservations(registry));
    assertThat(log.logged()).isNotEmpty().allMatch(logged -> logged == thrown);
  }

  /** Makes counters that throw, and keeps the rest. */
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
          raise(thrown);
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

  private static MeterRegistry throwingClock(Throwable thrown) {
    return new SimpleMeterRegistry(
        SimpleConfig.DEFAULT,
        new Clock() {
          private final Clock start = new MockClock();
          private int calls;

          @Override
          public long wallTime() {
            return start.wallTime();
          }

          @Override
          public long monotonicTime() {
            return calls++ < 3 ? start.monotonicTime() : raise(thrown);
          }
        });
  }

  private static MeterRegistry filtered(MeterFilter filter) {
    MeterRegistry registry = new SimpleMeterRegistry();
    registry.config().meterFilter(filter);
    return registry;
  }

  static Stream<Arguments> registries() {
    List<Function<Throwable, MeterRegistry>> kinds =
        List.of(
            ThrowingCounters::new,
            ForeignObserverTest::throwingClock,
            thrown ->
                filtered(
                    new MeterFilter() {
                      @Override
                      public MeterFilterReply accept(Meter.Id id) {
                        return raise(thrown);
                      }
                    }),
            thrown ->
                filtered(
                    new MeterFilter() {
                      @Override
                      public Meter.Id map(Meter.Id id) {
                        return raise(thrown);
                      }
                    }));
    return Thrown.kinds()
        .flatMap(thrown -> kinds.stream().map(kind -> Arguments.of(kind.apply(thrown), thrown)));
  }

  @ParameterizedTest
  @MethodSource("registries")
  void aMeterRegistryThatThrowsChangesNothing(MeterRegistry registry, Throwable thrown) {
    livesAndEnds(Observability.none().withMeters(registry));
    fails(Observability.none().withMeters(registry));
    assertThat(log.logged()).isNotEmpty().allMatch(logged -> logged == thrown);
    for (String gauge : List.of("connections.active", "handshakes.pending", "write.queue")) {
      assertThat(registry.find("fluxwire." + gauge).gauges())
          .as(gauge)
          .allMatch(shown -> shown.value() == 0);
    }
  }

  private static SessionPair<ByteBuf> pair(Observability observability, long dialersLimit) {
    return SessionPair.of(
        PacketCodec.raw(),
        spec -> spec.observability(observability),
        spec -> spec.observability(observability),
        dialersLimit);
  }

  private static void livesAndEnds(Observability observability) {
    SessionPair<ByteBuf> pair = pair(observability, Long.MAX_VALUE).establish();
    List<Integer> sizes = new ArrayList<>();
    pair.acceptor.connected().receive().map(ByteBuf::readableBytes).subscribe(sizes::add);
    pair.dialer
        .connected()
        .send(Flux.range(1, 20).map(i -> Unpooled.wrappedBuffer(new byte[100])))
        .subscribe();
    pair.settle();
    pair.dialer.connected().close().subscribe();
    pair.settle();
    pair.acceptor.connected().close().subscribe();
    pair.pass(Duration.ofSeconds(10));
    assertThat(sizes).hasSize(20);
    assertThat(pair.dialer.closed).hasSize(1);
    assertThat(pair.acceptor.closed).hasSize(1);
    assertThat(pair.dialersDuplex().isDisposed()).isTrue();
  }

  /** A handshake that breaks off is over at once on both sides. */
  private static void fails(Observability observability) {
    SessionPair<ByteBuf> pair = pair(observability, 20).establish();
    assertThat(pair.dialer.failure).isNotNull();
    assertThat(pair.acceptor.failure).isNotNull();
    assertThat(pair.dialersDuplex().isDisposed()).isTrue();
    assertThat(pair.acceptorsDuplex().isDisposed()).isTrue();
  }
}
