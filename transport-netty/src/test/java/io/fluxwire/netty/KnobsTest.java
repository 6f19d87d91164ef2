package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.PeerConnection;
import io.fluxwire.access.BanList;
import io.fluxwire.dial.DialBudget;
import io.fluxwire.dial.DialSpec;
import io.fluxwire.dial.ReconnectSpec;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import io.fluxwire.session.SessionTimeouts;
import io.fluxwire.timeout.RefreshableTimeout;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** What can be set is checked when it is set, and "for ever" is a time like others. */
class KnobsTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration FOR_EVER = Duration.ofSeconds(Long.MAX_VALUE, 999_999_999);

  /** A time that can be set. */
  private record Time(String name, boolean mayBeZero, Consumer<Duration> setting) {

    @Override
    public String toString() {
      return name;
    }
  }

  private static final PeerClient<Pkt> CLIENT = PeerClient.create();
  private static final PeerServer<Pkt> SERVER = PeerServer.create();
  private static final PeerServer<Pkt> LOOPBACK = SERVER.host("127.0.0.1");
  private static final DialSpec DIAL = DialSpec.of("a test");
  private static final ReconnectSpec RECONNECT = ReconnectSpec.create();
  private static final SessionTimeouts TIMEOUTS = SessionTimeouts.DEFAULT;

  static List<Time> times() {
    return List.of(
        new Time("PeerClient.connectTimeout", false, CLIENT::connectTimeout),
        new Time("PeerClient.timeouts", false, time -> CLIENT.timeouts(t -> t.handshake(time))),
        new Time("PeerServer.timeouts", false, time -> SERVER.timeouts(t -> t.handshake(time))),
        new Time(
            "PeerClient.reconnect", true, time -> CLIENT.reconnect(spec -> spec.stableAfter(time))),
        new Time("PeerClient.connectNow", false, KnobsTest::connectNow),
        new Time("PeerServer.bindNow", false, time -> LOOPBACK.bindNow(time).dispose()),
        new Time("SessionTimeouts.handshake", false, TIMEOUTS::handshake),
        new Time("SessionTimeouts.authorizer", true, TIMEOUTS::authorizer),
        new Time("SessionTimeouts.drain", true, TIMEOUTS::drain),
        new Time("SessionTimeouts.idle", true, TIMEOUTS::idle),
        new Time("SessionTimeouts.write", true, TIMEOUTS::write),
        new Time("SessionTimeouts.frame", true, TIMEOUTS::frame),
        new Time("DialSpec.resolutionDelay", true, DIAL::resolutionDelay),
        new Time("DialSpec.resolutionTimeout", false, DIAL::resolutionTimeout),
        new Time("ReconnectSpec.create", false, time -> ReconnectSpec.create(time, FOR_EVER)),
        new Time("ReconnectSpec.backoff", false, time -> RECONNECT.backoff(time, FOR_EVER)),
        new Time("ReconnectSpec.stableAfter", true, RECONNECT::stableAfter),
        new Time("ReconnectSpec.maxDials", true, RECONNECT::maxDials),
        new Time(
            "BanList.ban",
            false,
            time -> BanList.create().ban(InetAddress.getLoopbackAddress(), time)),
        new Time(
            "RefreshableTimeout.start",
            false,
            time -> RefreshableTimeout.start(Schedulers.parallel(), time, () -> {}).dispose()));
  }

  private static void connectNow(Duration time) {
    try (DisposablePeerServer server = LOOPBACK.bindNow()) {
      CLIENT.remote(server.address()).connectNow(time).disposeNow(LIMIT);
    }
  }

  @ParameterizedTest
  @MethodSource("times")
  void aTimeIsCheckedWhenItIsSet(Time time) {
    assertThatThrownBy(() -> time.setting.accept(none())).isInstanceOf(NullPointerException.class);
    for (Duration negative : List.of(Duration.ofNanos(-1), Duration.ofSeconds(Long.MIN_VALUE))) {
      assertThatThrownBy(() -> time.setting.accept(negative))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(negative.toString());
    }
    if (time.mayBeZero) {
      assertThatCode(() -> time.setting.accept(Duration.ZERO)).doesNotThrowAnyException();
    } else {
      assertThatThrownBy(() -> time.setting.accept(Duration.ZERO))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("PT0S");
    }
    assertThatCode(() -> time.setting.accept(FOR_EVER)).doesNotThrowAnyException();
  }

  @SuppressWarnings("NullAway") // what nobody may give
  private static Duration none() {
    return null;
  }

  /** A setter that nobody has put into the list above is found here. */
  @Test
  void allTimesAreChecked() {
    Set<String> listed =
        times().stream().map(Time::toString).collect(Collectors.toCollection(TreeSet::new));
    Set<String> there =
        Stream.of(
                PeerClient.class,
                PeerServer.class,
                SessionTimeouts.class,
                DialSpec.class,
                ReconnectSpec.class)
            .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
            .filter(method -> Modifier.isPublic(method.getModifiers()))
            .filter(method -> Arrays.asList(method.getParameterTypes()).contains(Duration.class))
            .map(KnobsTest::name)
            // The only one with a range of its own.
            .filter(name -> !name.equals("DialSpec.attemptDelay"))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(listed).containsAll(there);
    assertThat(there).isNotEmpty();
  }

  private static String name(Method method) {
    return method.getDeclaringClass().getSimpleName() + "." + method.getName();
  }

  static List<IntConsumer> numbersAboveZero() {
    return List.of(
        n -> DialBudget.perSecond(n, 1),
        n -> DialBudget.perSecond(1, n),
        n -> InboundLimits.create().connections(n),
        n -> InboundLimits.create().perIpv4Address(n),
        n -> InboundLimits.create().perIpv6Network(n, 1),
        n -> InboundLimits.create().perIpv6Network(1, n),
        n -> InboundLimits.create().handshakes(n, 1),
        n -> InboundLimits.create().handshakes(1, n),
        n -> InboundLimits.create().reserve(n, address -> true),
        n -> InboundLimits.create().bytes(n));
  }

  @ParameterizedTest
  @MethodSource("numbersAboveZero")
  void aNumberIsCheckedWhenItIsSet(IntConsumer setting) {
    for (int wrong : new int[] {0, -1, Integer.MIN_VALUE}) {
      assertThatThrownBy(() -> setting.accept(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(String.valueOf(wrong));
    }
    assertThatCode(() -> setting.accept(Integer.MAX_VALUE)).doesNotThrowAnyException();
  }

  @Test
  void aPortIsCheckedWhenItIsSet() {
    for (int wrong : new int[] {-1, 65_536}) {
      assertThatThrownBy(() -> SERVER.port(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("port");
    }
  }

  @Test
  void whatIsForEverWorksAsAnyOther() {
    PeerServer<Pkt> patient =
        SERVER
            .host("127.0.0.1")
            .timeouts(
                timeouts ->
                    timeouts
                        .authorizer(FOR_EVER)
                        .handshake(FOR_EVER)
                        .drain(FOR_EVER)
                        .idle(FOR_EVER)
                        .write(FOR_EVER)
                        .frame(FOR_EVER));
    DisposablePeerServer server = patient.bindNow();
    PeerClient<Pkt> client =
        CLIENT
            .remote(server.address())
            .connectTimeout(FOR_EVER)
            .timeouts(
                timeouts ->
                    timeouts
                        .handshake(FOR_EVER)
                        .drain(FOR_EVER)
                        .idle(FOR_EVER)
                        .write(FOR_EVER)
                        .frame(FOR_EVER))
            .dial(spec -> spec.resolutionDelay(FOR_EVER).resolutionTimeout(FOR_EVER))
            .reconnect(spec -> spec.backoff(FOR_EVER, FOR_EVER).stableAfter(FOR_EVER));
    for (Mono<PeerConnection<Pkt>> dial : List.of(client.connect(), client.connections().next())) {
      PeerConnection<Pkt> peer = dial.block(LIMIT);
      assertThat(peer).isNotNull();
      peer.send(Mono.just(Hello.packet())).onErrorComplete().block(LIMIT);
      peer.close().block(LIMIT);
      assertThat(peer.isDisposed()).isTrue();
    }
    server.disposeNow(FOR_EVER);
  }
}
