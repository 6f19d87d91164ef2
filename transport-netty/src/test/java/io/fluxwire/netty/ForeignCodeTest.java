package io.fluxwire.netty;

import static io.fluxwire.testing.Thrown.raise;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.observe.SessionListener;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import io.fluxwire.testing.CallbackLog;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Whatever code of the application's throws, a server has its places back and serves the next. */
class ForeignCodeTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int PLACES = 2;

  private final CallbackLog log = new CallbackLog();
  private DisposablePeerServer server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.disposeNow(LIMIT);
    }
    log.close();
  }

  private void listen(UnaryOperator<PeerServer<Pkt>> changes) {
    PeerServer<Pkt> few =
        PeerServer.create()
            .host("127.0.0.1")
            .limits(limits -> InboundLimits.none().connections(PLACES).handshakes(PLACES, PLACES));
    server = changes.apply(few).bindNow();
  }

  /** A place comes back soon after its connection is closed, and on another thread. */
  private PeerConnection<Pkt> connect() {
    return PeerClient.create()
        .remote(server.address())
        .connect()
        .retryWhen(Retry.fixedDelay(100, Duration.ofMillis(100)))
        .block(LIMIT);
  }

  /** Null if the handler fails before it is told that the server has let this side in. */
  private @Nullable PeerConnection<Pkt> connectUnlessCut() {
    Predicate<Throwable> cut =
        failure ->
            failure instanceof DialException dial && dial.reason() == Reason.CLOSED_BEFORE_READY;
    return PeerClient.create()
        .remote(server.address())
        .connect()
        .retryWhen(Retry.fixedDelay(100, Duration.ofMillis(100)).filter(cut.negate()))
        .onErrorComplete(cut)
        .block(LIMIT);
  }

  /** What a server says to who says nothing; without a place for it, a reset. */
  private static int answerTo(Socket stranger) throws IOException {
    try {
      return stranger.getInputStream().readAllBytes().length;
    } catch (SocketException reset) {
      return 0;
    }
  }

  /** More often than there are places. */
  private void endsEachConnection() {
    for (int i = 0; i < 3 * PLACES; i++) {
      PeerConnection<Pkt> peer = connectUnlessCut();
      if (peer == null) {
        continue;
      }
      peer.send(Mono.just(Hello.packet())).onErrorComplete().subscribe();
      peer.receive().onErrorComplete().blockLast(LIMIT);
      peer.close().block(LIMIT);
    }
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aListenerOfSessionsThatThrowsCostsNoPlace(Throwable thrown) {
    SessionListener throwing =
        (SessionListener)
            Proxy.newProxyInstance(
                SessionListener.class.getClassLoader(),
                new Class<?>[] {SessionListener.class},
                (proxy, method, args) -> raise(thrown));
    listen(few -> few.observe(throwing));
    for (int i = 0; i < 3 * PLACES; i++) {
      connect().close().block(LIMIT);
    }
    assertThat(log.logged()).isNotEmpty();
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aHandlerThatThrowsEndsItsConnectionWhosePlaceComesBack(Throwable thrown) {
    List<Flux<Void>> handlers = List.of(Flux.defer(() -> raise(thrown)), Flux.error(thrown));
    for (Flux<Void> handler : handlers) {
      listen(few -> few.handle(peer -> handler));
      endsEachConnection();
      stop();
    }
    listen(few -> few.handle(peer -> raise(thrown)));
    endsEachConnection();
    stop();
    listen(few -> few.handle(peer -> peer.receive().doOnNext(packet -> raise(thrown)).then()));
    endsEachConnection();
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void anObserverThatThrowsTakesNoPlace(Throwable thrown) {
    ObservationRegistry registry = ObservationRegistry.create();
    registry
        .observationConfig()
        .observationHandler(
            new ObservationHandler<>() {
              @Override
              public void onStart(Observation.Context context) {
                raise(thrown);
              }

              @Override
              public boolean supportsContext(Observation.Context context) {
                return true;
              }
            });
    listen(few -> few.observationRegistry(registry));
    for (int i = 0; i < 3 * PLACES; i++) {
      PeerClient.create()
          .remote(server.address())
          .observationRegistry(registry)
          .connect()
          .flatMap(PeerConnection::close)
          .block(LIMIT);
    }
    assertThat(log.logged()).isNotEmpty().allMatch(logged -> logged == thrown);
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aListenerOfFailedHandshakesThatThrowsTakesNoPlace(Throwable thrown) throws Exception {
    listen(few -> few.doOnHandshakeFailure(failure -> raise(thrown)));
    for (int i = 0; i < 3 * PLACES; i++) {
      try (Socket stranger = new Socket()) {
        stranger.connect(server.address());
        stranger.shutdownOutput();
        assertThat(answerTo(stranger)).isLessThanOrEqualTo(33);
      }
    }
    connect().close().block(LIMIT);
    // A stranger sees its end before the listener is told of it.
    Flux.interval(Duration.ofMillis(5)).takeUntil(tick -> !log.logged().isEmpty()).blockLast(LIMIT);
    assertThat(log.logged()).isNotEmpty().allMatch(logged -> logged == thrown);
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aTestOfAddressesThatThrowsClosesTheConnection(Throwable thrown) throws Exception {
    AtomicBoolean broken = new AtomicBoolean(true);
    listen(few -> few.admit(address -> broken.get() ? raise(thrown) : true));
    for (int i = 0; i < 3 * PLACES; i++) {
      try (Socket stranger = new Socket()) {
        stranger.setSoTimeout(30_000);
        stranger.connect(server.address());
        assertThat(answerTo(stranger)).isZero();
      }
    }
    broken.set(false);
    connect().close().block(LIMIT);
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void whoWaitsForTheEndOfAServerAndThrowsKeepsNoOtherFromIt(Throwable thrown) throws Exception {
    listen(few -> few);
    server.report().doOnNext(report -> raise(thrown)).subscribe();
    server.onDispose().doOnTerminate(() -> raise(thrown)).subscribe();
    CompletableFuture<ShutdownReport> told = server.report().toFuture();
    server.disposeNow(LIMIT);
    assertThat(told.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isNotNull();
  }
}
