package io.fluxwire.session;

import static io.fluxwire.testing.Thrown.raise;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.PeerException;
import io.fluxwire.access.Authorizer;
import io.fluxwire.handshake.Handshake;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.Secured;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.observe.HandshakeStage;
import io.fluxwire.observe.Observability;
import io.fluxwire.observe.SessionInfo;
import io.fluxwire.observe.SessionListener;
import io.fluxwire.observe.TrafficListener;
import io.fluxwire.packet.Hello;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.testing.CallbackLog;
import io.fluxwire.testing.MemoryDuplex;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.util.context.Context;

/** What an application's listeners are told, and that what they do changes nothing. */
class SessionListenerTest {

  private static final String[] HANDSHAKE = {
    "started", "stage EXCHANGE", "stage AGREEMENT", "stage AUTHENTICATE"
  };

  private final CallbackLog log = new CallbackLog();

  private final List<SessionPair<?>> pairs = new ArrayList<>();

  @AfterEach
  void stop() {
    pairs.forEach(SessionPair::close);
    log.close();
  }

  private <P> SessionPair<P> kept(SessionPair<P> pair) {
    pairs.add(pair);
    return pair;
  }

  /** Writes down what it is told, and by which connections. */
  private static class Told implements SessionListener {

    final List<String> events = new ArrayList<>();
    final Set<SessionInfo> sessions = new HashSet<>();

    private void told(SessionInfo session, String event) {
      sessions.add(session);
      events.add(event);
    }

    SessionInfo session() {
      assertThat(sessions).hasSize(1);
      return sessions.iterator().next();
    }

    @Override
    public void onHandshakeStarted(SessionInfo session) {
      assertThat(session.remoteId()).isNull();
      told(session, "started");
    }

    @Override
    public void onHandshakeStage(SessionInfo session, HandshakeStage stage) {
      told(session, "stage " + stage);
    }

    @Override
    public void onEstablished(SessionInfo session) {
      assertThat(session.remoteId()).isNotNull();
      told(session, "established");
    }

    @Override
    public void onHandshakeFailed(SessionInfo session, PeerException failure) {
      told(session, "failed " + failure.reason());
    }

    @Override
    public void onHandshakeCancelled(SessionInfo session) {
      told(session, "cancelled");
    }

    @Override
    public void onUnknownPackets(SessionInfo session) {
      told(session, "unknown packets");
    }

    @Override
    public void onFault(SessionInfo session, PeerException fault) {
      told(session, "fault " + fault.reason());
    }

    @Override
    public void onClosed(SessionInfo session, CloseReason reason) {
      told(session, "closed " + reason.reason());
    }
  }

  /** Sums up what it is told. */
  private static final class Sums implements TrafficListener {

    int read;
    int received;
    int unknown;
    int sent;
    int written;
    int writesDone;
    int stalls;
    int demandWaits;

    @Override
    public void onRead(int bytes) {
      read += bytes;
    }

    @Override
    public void onPacketReceived(int bytes) {
      received += bytes;
    }

    @Override
    public void onUnknownPacket() {
      unknown++;
    }

    @Override
    public void onPacketSent(int bytes) {
      sent += bytes;
    }

    @Override
    public void onWrite(int bytes) {
      written += bytes;
    }

    @Override
    public void onWriteDone(int bytes) {
      writesDone += bytes;
    }

    @Override
    public void onWriteStalled() {
      stalls++;
    }

    @Override
    public void onAwaitingDemand() {
      demandWaits++;
    }
  }

  private static SessionListener traffic(TrafficListener traffic) {
    return new SessionListener() {
      @Override
      public TrafficListener traffic(SessionInfo session) {
        return traffic;
      }
    };
  }

  private static Observability listened(SessionListener... listeners) {
    Observability all = Observability.none();
    for (SessionListener listener : listeners) {
      all = all.withListener(listener);
    }
    return all;
  }

  private SessionPair<ByteBuf> pair(Observability dialer, Observability acceptor) {
    return pair(dialer, acceptor, Long.MAX_VALUE);
  }

  private SessionPair<ByteBuf> pair(
      Observability dialer, Observability acceptor, long dialersLimit) {
    return kept(
        SessionPair.of(
            PacketCodec.raw(),
            spec -> spec.observability(dialer),
            spec -> spec.observability(acceptor),
            dialersLimit));
  }

  private static void closeBoth(SessionPair<?> pair) {
    pair.acceptor.connected().receive().subscribe(packet -> {}, failure -> {});
    pair.dialer.connected().receive().subscribe(packet -> {}, failure -> {});
    pair.dialer.connected().close().subscribe();
    pair.pass(Duration.ofSeconds(10));
    assertThat(pair.dialer.closed).hasSize(1);
    assertThat(pair.acceptor.closed).hasSize(1);
  }

  private static String[] handshakeThen(String... more) {
    List<String> all = new ArrayList<>(List.of(HANDSHAKE));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  @Test
  void theWholeLifeOfAConnectionIsToldOnBothSides() {
    Told dialer = new Told();
    Told acceptor = new Told();
    SessionPair<ByteBuf> pair = pair(listened(dialer), listened(acceptor)).establish();
    assertThat(dialer.events).containsExactly(handshakeThen("established"));
    closeBoth(pair);

    assertThat(dialer.events)
        .containsExactly(handshakeThen("established", "closed CLOSED_LOCALLY"));
    assertThat(acceptor.events)
        .containsExactly(handshakeThen("established", "closed CLOSED_BY_PEER"));
    assertKnown(dialer.session(), pair.acceptorKey.id(), "OUTBOUND");
    assertKnown(acceptor.session(), pair.dialerKey.id(), "INBOUND");
    assertThat(dialer.session().id()).isEqualTo(pair.dialersDuplex().id());
    assertThat(dialer.session().remoteAddress()).isEqualTo(pair.dialersDuplex().remoteAddress());
  }

  private static void assertKnown(SessionInfo session, NodeId peer, String direction) {
    assertThat(session.remoteId()).isEqualTo(peer);
    assertThat(session.direction().name()).isEqualTo(direction);
  }

  @Test
  void aHandshakeThatFailsIsToldWithItsReason() {
    Told acceptor = new Told();
    kept(SessionPair.of(
            PacketCodec.raw(),
            UnaryOperator.identity(),
            spec ->
                spec.authorizer(Authorizer.allowing(List.of())).observability(listened(acceptor)),
            Long.MAX_VALUE))
        .establish();

    assertThat(acceptor.events)
        .containsExactly(handshakeThen("failed NOT_AUTHORIZED", "fault NOT_AUTHORIZED"));
    assertThat(acceptor.session().remoteId()).as("it may not stay").isNull();
  }

  @Test
  void aHandshakeThatIsCancelledIsTold() {
    Told dialer = new Told();
    SessionPair<ByteBuf> pair = pair(listened(dialer), Observability.none()).dial();
    pair.settle();
    Disposable dial = Objects.requireNonNull(pair.dialer.subscription);
    dial.dispose();
    pair.settle();

    assertThat(dialer.events).containsExactly("started", "stage EXCHANGE", "cancelled");
  }

  @Test
  void aStageThatStartsOnceTheHandshakeIsOverIsNotTold() {
    List<Consumer<HandshakeStage>> stages = new ArrayList<>();
    Handshake silent =
        (duplex, role, limits, told) -> {
          stages.add(told);
          return new Silent();
        };
    Told told = new Told();
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    SessionSpec.of(NodeKey.generate())
        .observability(listened(told))
        .establish(MemoryDuplex.pair(time).dialer(), Role.DIALER, silent)
        .subscribe()
        .dispose();
    stages.forEach(late -> late.accept(HandshakeStage.AGREEMENT));
    time.advanceTime();

    assertThat(told.events).containsExactly("started", "stage EXCHANGE", "cancelled");
  }

  /** Never gets anywhere. */
  private static final class Silent implements Handshake.Run {

    @Override
    public Mono<Secured> secure() {
      return Mono.never();
    }

    @Override
    public String awaited() {
      return "nothing";
    }

    @Override
    public @Nullable RecordSealer release() {
      return null;
    }
  }

  @Test
  void aHandshakeWhoseThreadsHaveEndedIsToldToHaveFailed() {
    Told dialer = new Told();
    SessionPair<ByteBuf> pair = pair(listened(dialer), Observability.none());
    pairs.clear();
    pair.time.dispose();
    pair.dial();

    assertThat(pair.dialer.failure).isNotNull();
    assertThat(dialer.events)
        .containsExactly(
            "started", "stage EXCHANGE", "failed APPLICATION_ERROR", "fault APPLICATION_ERROR");
  }

  @Test
  void aFaultIsToldBeforeTheEndThatItLeadsTo() {
    Told acceptor = new Told();
    SessionPair<ByteBuf> pair = pair(Observability.none(), listened(acceptor)).establish();
    pair.acceptor.connected().receive().subscribe(null, failure -> {});
    ByteBuf forged = Unpooled.wrappedBuffer(new byte[1_048]).setLongLE(32, 1_000);
    pair.dialersDuplex().write(forged, failure -> {});
    pair.settle();
    assertThat(acceptor.events)
        .endsWith("established", "fault MAC_MISMATCH", "closed MAC_MISMATCH");
  }

  @Test
  void unknownPacketsAreToldOnceAndEachToWhoeverListensToTheTraffic() {
    Told told = new Told();
    Sums sums = new Sums();
    SessionPair<Pkt> pair =
        kept(SessionPair.of(
                PacketCodec.pkt(),
                UnaryOperator.identity(),
                spec -> spec.observability(listened(told, traffic(sums))),
                Long.MAX_VALUE))
            .establish();
    pair.acceptor.connected().receive().subscribe(packet -> {}, failure -> {});
    pair.dialer
        .connected()
        .send(Flux.just(Unknown.packet(), Hello.packet(), Unknown.packet()))
        .subscribe();
    pair.settle();

    assertThat(told.events).endsWith("established", "unknown packets");
    assertThat(sums.unknown).isEqualTo(2);
  }

  @Test
  void trafficIsToldBothWaysToAllWhoAsk() {
    Sums dialer = new Sums();
    Sums acceptor = new Sums();
    Sums second = new Sums();
    SessionPair<ByteBuf> pair =
        pair(
                listened(traffic(dialer), new Told()),
                listened(traffic(acceptor), traffic(second)).withMeters(new SimpleMeterRegistry()))
            .establish();
    int handshake = dialer.written;
    pair.dialer
        .connected()
        .send(Flux.range(0, 32).map(i -> Unpooled.wrappedBuffer(new byte[64 * 1024])))
        .subscribe();
    pair.settle();
    assertThat(dialer.stalls).isEqualTo(1);
    assertThat(dialer.writesDone).isLessThan(dialer.written);

    pair.acceptor.connected().receive().subscribe(packet -> {}, failure -> {});
    pair.settle();
    int payload = 32 * 64 * 1024;
    assertThat(dialer.sent).isEqualTo(payload);
    assertThat(dialer.written).isGreaterThan(handshake + payload).isEqualTo(dialer.writesDone);
    assertThat(acceptor.received).isEqualTo(payload);
    assertThat(acceptor.read).isEqualTo(dialer.written);
    assertThat(second).usingRecursiveComparison().isEqualTo(acceptor);
  }

  @Test
  void aReaderThatAsksForNothingMoreIsTold() {
    Sums acceptor = new Sums();
    SessionPair<ByteBuf> pair = pair(Observability.none(), listened(traffic(acceptor))).establish();
    pair.acceptor
        .connected()
        .receive()
        .subscribe(
            new BaseSubscriber<>() {
              @Override
              protected void hookOnSubscribe(Subscription subscription) {
                request(1);
              }

              @Override
              protected void hookOnError(Throwable failure) {}
            });
    pair.dialer.connected().send(Mono.just(Unpooled.wrappedBuffer(new byte[100]))).subscribe();
    pair.settle();
    assertThat(acceptor.received).isEqualTo(100);
    assertThat(acceptor.demandWaits).isEqualTo(1);
  }

  @Test
  void nobodyIsToldOfTheTrafficUnlessAListenerAsks() {
    SessionPair<ByteBuf> pair = pair(listened(new Told()), Observability.none()).establish();
    assertThat(pair.dialer.connected())
        .extracting("inbound.traffic", "endpoint.duplex")
        .containsExactly(TrafficListener.NONE, pair.dialersDuplex());
  }

  @Test
  void listenersAreToldInTheOrderInWhichTheyWereAdded() {
    List<String> order = new ArrayList<>();
    SessionPair<ByteBuf> pair =
        pair(listened(noting(order, "first"), noting(order, "second")), Observability.none())
            .establish();
    pair.dialer.connected().onClose().subscribe(why -> order.add("application"));
    closeBoth(pair);
    assertThat(order).containsExactly("first", "second", "application");
  }

  private static SessionListener noting(List<String> order, String name) {
    return new SessionListener() {
      @Override
      public void onClosed(SessionInfo session, CloseReason reason) {
        order.add(name);
      }
    };
  }

  @Test
  void metersKnowBeforeAListenerDoesWhicheverWasSetFirst() {
    MeterRegistry registry = new SimpleMeterRegistry();
    DoubleSupplier active =
        () ->
            registry
                .get("fluxwire.connections.active")
                .tag("direction", "outbound")
                .gauges()
                .stream()
                .mapToDouble(Gauge::value)
                .sum();
    List<Double> seen = new ArrayList<>();
    SessionListener looks =
        new SessionListener() {
          @Override
          public void onEstablished(SessionInfo session) {
            seen.add(active.getAsDouble());
          }

          @Override
          public void onClosed(SessionInfo session, CloseReason reason) {
            seen.add(active.getAsDouble());
          }
        };
    closeBoth(pair(listened(looks).withMeters(registry), Observability.none()).establish());
    assertThat(seen).containsExactly(1.0, 0.0);
  }

  @Test
  void aHandlersContextIsWhatAllListenersAddedToIt() {
    SessionListener adds =
        new SessionListener() {
          @Override
          public Context handlerContext(SessionInfo session, Context context) {
            return context.put("id", session.id());
          }
        };
    SessionPair<ByteBuf> pair = pair(Observability.none(), listened(new Told(), adds)).establish();
    String id =
        SessionSpec.within(
                pair.acceptor.connected(),
                Mono.deferContextual(c -> Mono.just(c.<String>get("id"))))
            .block();
    assertThat(id).isEqualTo(pair.acceptorsDuplex().id());
  }

  /** All of its methods throw, those that there will be one day included. */
  private static <T> T throwing(Class<T> type, Throwable thrown) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(), new Class<?>[] {type}, (proxy, method, args) -> raise(thrown)));
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aListenerThatThrowsChangesNothingForTheConnectionAndForOthers(Throwable thrown) {
    Told other = new Told();
    Sums sums = new Sums();
    Observability observability =
        listened(
            throwing(SessionListener.class, thrown),
            traffic(throwing(TrafficListener.class, thrown)),
            other,
            traffic(sums));
    SessionPair<ByteBuf> pair = pair(observability, Observability.none()).establish();
    pair.acceptor.connected().receive().subscribe(packet -> {}, failure -> {});
    pair.dialer
        .connected()
        .send(Flux.range(0, 20).map(i -> Unpooled.wrappedBuffer(new byte[100])))
        .subscribe();
    pair.settle();
    assertThat(SessionSpec.within(pair.dialer.connected(), Mono.just(1)).block()).isEqualTo(1);
    pair.dialer.connected().close().subscribe();
    pair.acceptor.connected().close().subscribe();
    pair.pass(Duration.ofSeconds(10));

    assertThat(other.events).containsExactly(handshakeThen("established", "closed CLOSED_LOCALLY"));
    assertThat(sums.sent).isEqualTo(2_000);
    assertThat(pair.dialer.closed).hasSize(1);
    int perConnection = HANDSHAKE.length + 2;
    int asked = 2;
    int traffic = 1;
    assertThat(log.logged()).hasSize(perConnection + asked + traffic);

    pair(observability, Observability.none(), 20).establish();
    assertThat(other.events).endsWith("failed CONNECTION_LOST", "fault CONNECTION_LOST");
  }
}
