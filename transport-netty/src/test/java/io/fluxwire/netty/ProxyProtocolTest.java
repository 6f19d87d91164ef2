package io.fluxwire.netty;

import static io.fluxwire.netty.ProxyHeaders.LOCAL;
import static io.fluxwire.netty.ProxyHeaders.v1;
import static io.fluxwire.netty.ProxyHeaders.v2;
import static io.fluxwire.netty.ProxyHeaders.v2Of;
import static io.fluxwire.testing.Thrown.raise;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.access.Authorizer;
import io.fluxwire.access.BanList;
import io.fluxwire.access.Candidate;
import io.fluxwire.access.CidrList;
import io.fluxwire.internal.AddressText;
import io.fluxwire.netty.internal.NettyConnector;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import io.fluxwire.testing.CallbackLog;
import io.fluxwire.testing.MemoryDuplex;
import io.fluxwire.transport.ByteDuplex;
import io.fluxwire.transport.Connector;
import io.fluxwire.transport.Listener;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
import io.netty.resolver.NoopAddressResolverGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.tcp.TcpClient;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Peers that come by a proxy, which is at 127.0.0.1. */
class ProxyProtocolTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final CidrList HERE = CidrList.of("127.0.0.1");

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final BlockingQueue<HandshakeFailure> failures = new LinkedTransferQueue<>();
  private final BlockingQueue<PeerConnection<Pkt>> met = new LinkedTransferQueue<>();
  private @Nullable DisposablePeerServer server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.disposeNow(LIMIT);
    }
  }

  private DisposablePeerServer listen(UnaryOperator<PeerServer<Pkt>> changes) {
    DisposablePeerServer listening =
        changes
            .apply(
                PeerServer.create()
                    .host("127.0.0.1")
                    .proxyProtocol(HERE)
                    .meterRegistry(meters)
                    .doOnHandshakeFailure(failures::add)
                    .doOnConnection(met::add)
                    .handle(peer -> peer.send(peer.receive())))
            .bindNow();
    server = listening;
    return listening;
  }

  /** A proxy: its header comes before all that its client says. */
  private static Connector proxy(byte[] header) {
    NettyConnector direct =
        new NettyConnector(
            TcpClient.newConnection()
                .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .resolver(NoopAddressResolverGroup.INSTANCE));
    return address ->
        direct
            .connect(address)
            .doOnNext(duplex -> duplex.write(Unpooled.wrappedBuffer(header), written -> {}));
  }

  private Mono<PeerConnection<Pkt>> dial(byte[] header) {
    return PeerClient.create().transport(proxy(header)).remote(server.address()).connect();
  }

  private Mono<PeerConnection<Pkt>> dialDirectly() {
    return PeerClient.create().remote(server.address()).connect();
  }

  private void isIn(byte[] header, String from) throws InterruptedException {
    PeerConnection<Pkt> peer = dial(header).block(LIMIT);
    peer.send(Mono.just(Hello.packet())).block(LIMIT);
    assertThat(peer.receive().blockFirst(LIMIT).getError().getProblem()).isEqualTo("hello");
    PeerConnection<Pkt> seen = met.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
    assertThat(AddressText.of(seen.remoteAddress())).isEqualTo(from);
  }

  private void isRefused(Mono<PeerConnection<Pkt>> dial, Reason reason, String from)
      throws InterruptedException {
    assertThat(catchThrowableOfType(DialException.class, () -> dial.block(LIMIT))).isNotNull();
    HandshakeFailure failure = failures.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
    assertThat(failure.cause().reason()).as("%s", failure).isEqualTo(reason);
    assertThat(AddressText.of(failure.remoteAddress())).startsWith(from);
  }

  private double refused(Reason reason) {
    return meters
        .get("fluxwire.handshakes.refused")
        .tag("reason", reason.name().toLowerCase(Locale.ROOT))
        .counter()
        .count();
  }

  @Test
  void aPeerHasTheAddressOfTheProxysClient() throws Exception {
    Queue<Candidate> candidates = new ConcurrentLinkedQueue<>();
    Authorizer authorizer =
        candidate -> {
          candidates.add(candidate);
          return Mono.just(true);
        };
    listen(settings -> settings.authorize(authorizer));
    isIn(v1("PROXY TCP4 203.0.113.7 192.0.2.200 56324 9735"), "203.0.113.7:56324");
    isIn(v2Of(203, 0, 113, 8, 1), "203.0.113.8:1");
    assertThat(candidates.stream().map(Candidate::address).map(AddressText::of))
        .containsExactly("203.0.113.7:56324", "203.0.113.8:1");
    assertThat(failures).isEmpty();
  }

  @Test
  void aConnectionOfTheProxysOwnHasItsOwnAddress() throws Exception {
    listen(settings -> settings);
    for (byte[] header : List.of(v1("PROXY UNKNOWN"), v2(LOCAL, 0))) {
      PeerConnection<Pkt> peer = dial(header).block(LIMIT);
      InetSocketAddress seen =
          (InetSocketAddress) met.poll(LIMIT.toSeconds(), TimeUnit.SECONDS).remoteAddress();
      assertThat(seen.getAddress()).isEqualTo(InetAddress.getLoopbackAddress());
      peer.close().block(LIMIT);
    }
  }

  @Test
  void limitsPerAddressHoldForClientsAndNotForTheProxy() throws Exception {
    listen(
        settings -> settings.limits(limits -> limits.perIpv4Address(2).shared(address -> false)));
    isIn(v2Of(203, 0, 113, 1, 1), "203.0.113.1:1");
    isIn(v2Of(203, 0, 113, 1, 2), "203.0.113.1:2");
    isIn(v2Of(203, 0, 113, 2, 3), "203.0.113.2:3");
    isRefused(dial(v2Of(203, 0, 113, 1, 4)), Reason.TOO_MANY_FROM_ADDRESS, "203.0.113.1:4");
    assertThat(refused(Reason.TOO_MANY_FROM_ADDRESS)).isEqualTo(1);
    assertThat(server.usage().connections().used()).isLessThanOrEqualTo(4);
    isIn(v2Of(203, 0, 113, 2, 5), "203.0.113.2:5");
  }

  @Test
  void aBanOfANetworkIsOneOfClients() throws Exception {
    BanList bans = BanList.create();
    bans.ban("203.0.113.0/24", Duration.ofDays(1));
    bans.ban("127.0.0.1/32", Duration.ofDays(1));
    listen(settings -> settings.admit(bans.addresses()));
    isRefused(dial(v2Of(203, 0, 113, 1, 4)), Reason.ADDRESS_REFUSED, "203.0.113.1:4");
    assertThat(refused(Reason.ADDRESS_REFUSED)).isEqualTo(1);
    isIn(v2Of(198, 51, 100, 1, 4), "198.51.100.1:4");
    // What the proxy begins itself has the address that is banned.
    isRefused(dial(v2(LOCAL, 0)), Reason.ADDRESS_REFUSED, "127.0.0.1:");
  }

  @Test
  void aProxyHasToSendAHeaderThatIsWhole() throws Exception {
    listen(settings -> settings);
    isRefused(dialDirectly(), Reason.PROXY_HEADER_MISSING, "127.0.0.1:");
    assertThat(refused(Reason.PROXY_HEADER_MISSING)).isEqualTo(1);
    isRefused(dial(v1("PROXY TCP4 203.0.113.1")), Reason.PROXY_HEADER_MALFORMED, "127.0.0.1:");
    assertThat(refused(Reason.PROXY_HEADER_MALFORMED)).isEqualTo(1);
  }

  @Test
  void aStrangersHeaderIsNoHandshake() throws Exception {
    listen(settings -> settings.proxyProtocol(CidrList.of("192.0.2.0/24")));
    for (byte[] header : List.of(v1("PROXY TCP4 203.0.113.7 192.0.2.2 1 2"), v2(LOCAL, 0))) {
      try (Socket stranger = new Socket()) {
        stranger.connect(server.address());
        stranger.getOutputStream().write(header);
        HandshakeFailure failure = failures.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
        assertThat(failure.cause().reason()).isEqualTo(Reason.SESSION_KEY_PREFIX);
        assertThat(failure.cause())
            .hasMessageEndingWith("it speaks the PROXY protocol, and is not named as a proxy here");
        assertThat(AddressText.of(failure.remoteAddress())).startsWith("127.0.0.1:");
      }
    }
    PeerConnection<Pkt> peer = dialDirectly().block(LIMIT);
    assertThat(peer.isDisposed()).isFalse();
  }

  /** A balancer asks every few seconds, for ever: nothing is said of it, and nothing is kept. */
  @Test
  void healthChecksLeaveNothing() throws Exception {
    listen(settings -> settings.limits(limits -> limits.connections(2).handshakes(2, 2)));
    List<Function<Socket, byte[]>> headers =
        List.of(
            check -> new byte[0],
            check -> v1("PROXY UNKNOWN"),
            check -> v2(LOCAL, 0),
            ProxyProtocolTest::ownAddress);
    for (Function<Socket, byte[]> header : headers) {
      for (int i = 0; i < 4; i++) {
        try (Socket check = new Socket()) {
          check.setSoTimeout((int) LIMIT.toMillis());
          check.connect(server.address());
          check.getOutputStream().write(header.apply(check));
          check.shutdownOutput();
          assertThat(answerTo(check)).isZero();
        }
        awaitConnections(0);
      }
    }
    assertThat(server.usage().handshakes().used()).isZero();
    assertThat(failures).isEmpty();
    assertThat(meters.find("fluxwire.handshakes.refused").counters())
        .allMatch(counter -> counter.count() == 0);
  }

  /** As HAProxy's checks have it, with where they come from themselves. */
  private static byte[] ownAddress(Socket check) {
    return v1(
        "PROXY TCP4 127.0.0.1 127.0.0.1 %d %d".formatted(check.getLocalPort(), check.getPort()));
  }

  /** A slot comes back soon after its connection is closed, on another thread. */
  private void awaitConnections(int count) {
    Flux.interval(Duration.ofMillis(5))
        .takeUntil(tick -> server.usage().connections().used() == count)
        .blockLast(LIMIT);
  }

  private static int answerTo(Socket socket) throws IOException {
    try {
      return socket.getInputStream().readAllBytes().length;
    } catch (SocketException reset) {
      return 0;
    }
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aTestOfAddressesThatThrowsClosesTheConnection(Throwable thrown) throws Exception {
    CallbackLog log = new CallbackLog();
    AtomicBoolean broken = new AtomicBoolean(true);
    List<UnaryOperator<PeerServer<Pkt>>> tests =
        List.of(
            settings -> settings.proxyProtocol(address -> broken.get() ? raise(thrown) : true),
            settings -> settings.admit(address -> broken.get() ? raise(thrown) : true),
            settings ->
                settings.limits(
                    limits -> limits.shared(address -> broken.get() ? raise(thrown) : true)));
    for (UnaryOperator<PeerServer<Pkt>> test : tests) {
      broken.set(true);
      listen(
          settings ->
              test.apply(settings.limits(limits -> limits.connections(2).handshakes(2, 2))));
      for (int i = 0; i < 6; i++) {
        assertThat(
                catchThrowableOfType(
                    DialException.class, () -> dial(v2Of(203, 0, 113, 1, 4)).block(LIMIT)))
            .isNotNull();
        awaitConnections(0);
      }
      broken.set(false);
      assertThat(server.usage().handshakes().used()).isZero();
      isIn(v2Of(203, 0, 113, 1, 4), "203.0.113.1:4");
      stop();
    }
    log.close();
  }

  /** Accepts what a test connects, under virtual time. */
  private static final class Virtual implements Listener, Disposable {

    final VirtualTimeScheduler scheduler = VirtualTimeScheduler.create();
    private @Nullable Consumer<? super Accepted> accept;

    @Override
    public Mono<Bound> bind(Consumer<? super Accepted> accept) {
      this.accept = accept;
      return Mono.just(
          new Bound() {
            @Override
            public SocketAddress address() {
              return new InetSocketAddress(InetAddress.getLoopbackAddress(), 9735);
            }

            @Override
            public Mono<Void> onDispose() {
              return Mono.empty();
            }

            @Override
            public void dispose() {}
          });
    }

    MemoryDuplex connect() {
      MemoryDuplex.Pair ends = MemoryDuplex.pair(scheduler);
      scheduler.schedule(() -> accept.accept(new FromProxy(ends.acceptor())));
      scheduler.advanceTime();
      return ends.dialer();
    }

    @Override
    public void dispose() {
      scheduler.dispose();
    }

    private record FromProxy(ByteDuplex duplex) implements Accepted {

      @Override
      public SocketAddress from() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 4711);
      }

      @Override
      public Scheduler scheduler() {
        return duplex.scheduler();
      }

      @Override
      public void resetOnClose() {}

      @Override
      public void dispose() {
        duplex.dispose();
      }
    }
  }

  @Test
  void theHeaderIsPartOfTheHandshakeAndOfItsTimeout() {
    Virtual network = new Virtual();
    listen(settings -> settings.transport(network));
    MemoryDuplex silent = network.connect();
    MemoryDuplex late = network.connect();
    network.scheduler.advanceTimeBy(Duration.ofSeconds(6));
    late.write(Unpooled.wrappedBuffer(v2Of(203, 0, 113, 1, 4)), written -> {});
    network.scheduler.advanceTimeBy(Duration.ofMillis(3_999));
    assertThat(silent.isDisposed()).isFalse();
    assertThat(late.isDisposed()).isFalse();

    network.scheduler.advanceTimeBy(Duration.ofMillis(1));
    assertThat(silent.isDisposed()).isTrue();
    assertThat(failures.stream().map(failure -> failure.cause().reason()))
        .containsExactly(Reason.HANDSHAKE_TIMEOUT, Reason.HANDSHAKE_TIMEOUT);
    assertThat(failures.stream().map(HandshakeFailure::toString))
        .anySatisfy(text -> assertThat(text).contains("waiting for the proxy's header"))
        .anySatisfy(text -> assertThat(text).startsWith("203.0.113.1:4"));
    assertThat(server.usage().handshakes().used()).isZero();
    network.dispose();
  }

  @Test
  void whatIsOpenWhenTheServerStopsIsClosed() throws Exception {
    listen(settings -> settings);
    try (Socket silent = new Socket()) {
      silent.setSoTimeout((int) LIMIT.toMillis());
      silent.connect(server.address());
      awaitConnections(1);
      server.disposeNow(LIMIT);
      assertThat(answerTo(silent)).isZero();
    }
    assertThat(failures).isEmpty();
  }
}
