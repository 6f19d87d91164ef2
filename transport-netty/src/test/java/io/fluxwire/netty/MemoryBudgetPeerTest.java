package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.testing.FaultProxy;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The budget over all connections of a server, over sockets. */
@Tag("slow")
class MemoryBudgetPeerTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration FRAME_TIMEOUT = Duration.ofSeconds(3);
  private static final int PACKET = 1 << 20;
  private static final byte[] LARGE_ANSWER = new byte[16];

  static {
    LARGE_ANSWER[0] = 1;
  }

  private static final long BUDGET = 5L << 20 >> 1;

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final ConcurrentLinkedQueue<Reason> ends = new ConcurrentLinkedQueue<>();
  private final List<FaultProxy> proxies = new ArrayList<>();
  private final DisposablePeerServer server =
      PeerServer.create(PacketCodec.raw())
          .host("127.0.0.1")
          .limits(limits -> limits.bytes(BUDGET))
          .timeouts(timeouts -> timeouts.frame(FRAME_TIMEOUT))
          .meterRegistry(registry)
          .handle(
              peer -> {
                peer.onClose().subscribe(reason -> ends.add(reason.reason()));
                return peer.send(peer.receive().map(MemoryBudgetPeerTest::answer));
              })
          .bindNow();

  @AfterEach
  void stop() throws InterruptedException {
    proxies.forEach(FaultProxy::dispose);
    server.disposeNow(LIMIT);
    await(() -> held() == 0);
  }

  private double held() {
    return registry.get("fluxwire.bytes.held").gauge().value();
  }

  private static ByteBuf answer(ByteBuf packet) {
    return packet.getByte(0) == LARGE_ANSWER[0]
        ? Unpooled.wrappedBuffer(new byte[PACKET])
        : packet.copy(0, 16);
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("it did not happen").isLessThan(deadline);
      Thread.sleep(5);
    }
  }

  /** A peer whose packets go through a link of its own. */
  private PeerConnection<ByteBuf> dial() {
    FaultProxy proxy = FaultProxy.startNow(server.address());
    proxies.add(proxy);
    return PeerClient.create(PacketCodec.raw())
        .remote(proxy.address())
        .timeouts(timeouts -> timeouts.write(Duration.ZERO))
        .connect()
        .block(LIMIT);
  }

  private static Mono<Integer> exchange(PeerConnection<ByteBuf> peer, int packets) {
    Flux<ByteBuf> all = Flux.range(0, packets).map(i -> Unpooled.wrappedBuffer(new byte[PACKET]));
    peer.send(all).subscribe(null, failure -> {});
    return peer.receive().take(packets).count().map(Long::intValue);
  }

  @Test
  void manyLargePacketsComeInThroughASmallBudget() {
    List<Mono<Integer>> exchanges = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      exchanges.add(exchange(dial(), 20).cache());
    }
    Mono.when(exchanges).block(LIMIT);
    for (Mono<Integer> exchange : exchanges) {
      assertThat(exchange.block(LIMIT)).isEqualTo(20);
    }
  }

  @Test
  void whoStartsFramesAndStallsEndsAndMakesRoomForOthers() throws InterruptedException {
    List<PeerConnection<ByteBuf>> stalled = List.of(dial(), dial());
    for (int i = 0; i < 2; i++) {
      FaultProxy proxy = proxies.get(i);
      proxy.bytesPerSecond(300_000);
      exchange(stalled.get(i), 1).subscribe(null, failure -> {});
    }
    await(() -> held() >= 2 * PACKET);
    proxies.forEach(FaultProxy::stall);
    assertThat(exchange(dial(), 3).block(LIMIT)).isEqualTo(3);
    // What a connection held is free before its end is told.
    await(() -> !ends.isEmpty());
    assertThat(ends).isNotEmpty().containsOnly(Reason.FRAME_TIMEOUT);
  }

  @Test
  void whatAPeerDoesNotTakeIsFreeWhenItHasGone() throws InterruptedException {
    PeerConnection<ByteBuf> peer = dial();
    // The answers to these are larger than what the sockets take.
    peer.send(Flux.range(0, 200).map(i -> Unpooled.wrappedBuffer(LARGE_ANSWER.clone())))
        .subscribe(null, failure -> {});
    await(() -> held() >= PACKET);
    assertThat(server.usage().bytes().used()).isGreaterThanOrEqualTo(PACKET);
    assertThat(server.usage().bytes().max()).isEqualTo(BUDGET);
    assertThat(server.usage().connections()).isEqualTo(new InboundUsage.Share(1, 128));
    assertThat(ends).isEmpty();
    peer.dispose();
    await(() -> held() == 0 && ends.size() == 1);
  }
}
