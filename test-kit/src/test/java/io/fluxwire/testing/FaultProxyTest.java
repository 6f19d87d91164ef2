package io.fluxwire.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerConnection;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.testing.FaultProxy.Direction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Two nodes with a faulty network between them: the connection publisher recovers from each. */
class FaultProxyTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int SIZE = 200;

  private final NodeKey serverKey = NodeKey.generate();
  private final AtomicInteger connected = new AtomicInteger();
  private final AtomicInteger echoes = new AtomicInteger();
  private final List<String> wrong = new CopyOnWriteArrayList<>();
  private DisposablePeerServer server;
  private FaultProxy proxy;
  private @Nullable Disposable dialler;

  @BeforeEach
  void start() {
    listen(Duration.ofSeconds(1));
  }

  private void listen(Duration idle) {
    server =
        PeerServer.create(PacketCodec.raw())
            .host("127.0.0.1")
            .nodeKey(serverKey)
            .timeouts(timeouts -> timeouts.idle(idle))
            .handle(peer -> peer.send(peer.receive().map(ByteBuf::retain)))
            .bindNow();
    proxy = FaultProxy.startNow(server.address());
  }

  @AfterEach
  void stop() {
    if (dialler != null) {
      dialler.dispose();
    }
    proxy.dispose();
    server.disposeNow(LIMIT);
    await(() -> proxy.links() == 0);
    assertThat(wrong).isEmpty();
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("it did not come to this within " + LIMIT);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
  }

  /** Asks for an echo again and again, on whatever connection there is. */
  private void dial() {
    dial(Duration.ofMillis(300));
  }

  private void dial(Duration idle) {
    dialler =
        PeerClient.create(PacketCodec.raw())
            .remote(proxy.address())
            .expect(serverKey.id())
            .reconnect(spec -> spec.backoff(Duration.ofMillis(1), Duration.ofMillis(5)))
            .timeouts(timeouts -> timeouts.idle(idle).handshake(Duration.ofSeconds(1)))
            .connections()
            .concatMap(this::askForEchoes, 0)
            .subscribe(ignored -> {}, failure -> wrong.add(failure.toString()));
  }

  private Mono<Void> askForEchoes(PeerConnection<ByteBuf> peer) {
    connected.incrementAndGet();
    AtomicInteger next = new AtomicInteger();
    Flux<ByteBuf> answers =
        peer.receive().doOnNext(answer -> check(answer, next.getAndIncrement()));
    // Ten questions are under way; each answer makes room for another one.
    Flux<ByteBuf> questions =
        Flux.range(0, 10)
            .concatWith(answers.map(answer -> next.get() + 9))
            .map(FaultProxyTest::question);
    return peer.send(questions).onErrorComplete();
  }

  private static ByteBuf question(long number) {
    return Unpooled.buffer(SIZE).writeLong(number).writeZero(SIZE - 8);
  }

  /** Every byte is what was sent, in its order. */
  private void check(ByteBuf answer, int expected) {
    byte[] rest = ByteBufUtil.getBytes(answer, 8, answer.readableBytes() - 8);
    if (answer.readLong() != expected || rest.length != SIZE - 8 || notZero(rest)) {
      wrong.add("echo " + expected);
    }
    echoes.incrementAndGet();
  }

  private static boolean notZero(byte[] bytes) {
    for (byte b : bytes) {
      if (b != 0) {
        return true;
      }
    }
    return false;
  }

  private void awaitMoreEchoes() {
    int before = echoes.get();
    await(() -> echoes.get() > before + 20);
  }

  static Stream<Named<Consumer<FaultProxy>>> breaks() {
    return Stream.of(
        Named.of("reset", FaultProxy::reset),
        Named.of("disconnect", FaultProxy::disconnect),
        Named.of("half-close to the target", proxy -> proxy.halfClose(Direction.TO_TARGET)),
        Named.of("half-close from the target", proxy -> proxy.halfClose(Direction.FROM_TARGET)),
        Named.of("drop to the target", proxy -> proxy.drop(Direction.TO_TARGET)),
        Named.of("drop from the target", proxy -> proxy.drop(Direction.FROM_TARGET)),
        Named.of("corrupt to the target", proxy -> proxy.corrupt(Direction.TO_TARGET)),
        Named.of("corrupt from the target", proxy -> proxy.corrupt(Direction.FROM_TARGET)),
        Named.of("stall", FaultProxy::stall));
  }

  @ParameterizedTest
  @MethodSource("breaks")
  void aConnectionThatBreaksIsReplaced(Consumer<FaultProxy> fault) {
    dial();
    awaitMoreEchoes();
    int before = connected.get();
    long accepted = proxy.accepted();
    fault.accept(proxy);
    // A stalled proxy takes connections that come to nothing.
    await(() -> proxy.accepted() > accepted);
    proxy.resume();
    await(() -> connected.get() > before);
    awaitMoreEchoes();
  }

  @Test
  void itsTargetMayBeAUnixSocket(@TempDir Path folder) {
    SocketAddress path = UnixDomainSocketAddress.of(folder.resolve("s"));
    try (DisposablePeerServer target =
            PeerServer.create(serverKey, PacketCodec.raw())
                .bindAddress(path)
                .handle(peer -> peer.send(peer.receive().map(ByteBuf::retain)))
                .bindNow();
        FaultProxy onward = FaultProxy.startNow(target.address())) {
      assertThat(target.address()).isEqualTo(path);
      PeerConnection<ByteBuf> peer =
          PeerClient.create(PacketCodec.raw())
              .remote(onward.address())
              .expect(serverKey.id())
              .connect()
              .block(LIMIT);
      assertThat(onward.links()).isOne();
      peer.dispose();
    }
  }

  @Test
  void aHandshakeThatStallsIsGivenUp() {
    proxy.stall();
    dial();
    await(() -> proxy.accepted() > 1);
    proxy.resume();
    awaitMoreEchoes();
  }

  @Test
  void whileItIsRefusedItDialsOn() {
    proxy.refuse(true);
    dial();
    await(() -> proxy.accepted() > 20);
    assertThat(echoes).hasValue(0);
    proxy.refuse(false);
    awaitMoreEchoes();
  }

  static Stream<Named<Consumer<FaultProxy>>> nuisances() {
    return Stream.of(
        Named.of("split", proxy -> proxy.split(7)),
        Named.of("delay", proxy -> proxy.delay(Duration.ofMillis(5))),
        Named.of("slow", proxy -> proxy.bytesPerSecond(200_000)));
  }

  @ParameterizedTest
  @MethodSource("nuisances")
  void aConnectionThatIsOnlySlowIsKept(Consumer<FaultProxy> fault) {
    proxy.dispose();
    server.disposeNow(LIMIT);
    // On a busy machine nobody may get to do anything for as long as others are patient.
    listen(LIMIT);
    dial(LIMIT);
    awaitMoreEchoes();
    int before = connected.get();
    long forwarded = proxy.forwarded();
    fault.accept(proxy);
    awaitMoreEchoes();
    assertThat(connected).hasValue(before);
    assertThat(proxy.forwarded()).isGreaterThan(forwarded + 20 * SIZE);
  }

  @Test
  void aTargetThatIsNotThereIsAReset() {
    server.disposeNow(LIMIT);
    dial();
    await(() -> proxy.accepted() > 3);
    server =
        PeerServer.create(PacketCodec.raw())
            .host("127.0.0.1")
            .port(server.port())
            .nodeKey(serverKey)
            .handle(peer -> peer.send(peer.receive().map(ByteBuf::retain)))
            .bindNow();
    awaitMoreEchoes();
  }

  @Test
  void whatIsInFlightIsBounded() {
    PeerConnection<ByteBuf> peer =
        Objects.requireNonNull(
            PeerClient.create(PacketCodec.raw()).remote(proxy.address()).connect().block(LIMIT));
    proxy.stall();
    AtomicInteger pulled = new AtomicInteger();
    Flux<ByteBuf> endless =
        Flux.generate(
            sink -> {
              pulled.incrementAndGet();
              sink.next(Unpooled.wrappedBuffer(new byte[64 * 1024]));
            });
    Disposable sending = peer.send(endless).subscribe(null, failure -> {});
    AtomicInteger last = new AtomicInteger(-1);
    await(
        () -> {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
          return last.getAndSet(pulled.get()) == pulled.get();
        });
    // What sends prefetch, and the system's buffers of two TCP connections.
    assertThat(pulled.get()).isBetween(2, 1000);
    sending.dispose();
    peer.dispose();
  }
}
