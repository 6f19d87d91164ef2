package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.testing.MemoryDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Sessions over the sealed records of protocol.md section 9.3. */
class AeadSessionTest {

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
  private final List<SessionPair<?>> pairs = new ArrayList<>();

  private SessionPair<ByteBuf> pair(UnaryOperator<SessionSpec<ByteBuf>> both) {
    SessionPair<ByteBuf> pair =
        SessionPair.over(time, MemoryDuplex.pair(time, allocator), PacketCodec.raw(), both)
            .withHandshake(ControlledHandshake::aead);
    pairs.add(pair);
    return pair;
  }

  @AfterEach
  void close() {
    pairs.forEach(SessionPair::close);
    assertThat(allocator.metric().usedHeapMemory()).as("heap buffers not released").isZero();
    assertThat(allocator.metric().usedDirectMemory()).as("direct ones").isZero();
  }

  private static List<Object> seen(PeerConnection<ByteBuf> peer) {
    List<Object> seen = new ArrayList<>();
    peer.receive()
        .map(ByteBuf::readInt)
        .subscribe(
            seen::add,
            failure -> seen.add(((PeerException) failure).reason()),
            () -> seen.add("end"));
    return seen;
  }

  private Flux<ByteBuf> packets(int count, int size) {
    return Flux.range(0, count)
        .map(i -> allocator.heapBuffer(size).writeInt(i).writeZero(size - 4));
  }

  @Test
  void packetsOfAllSizesGoBothWaysWhileKeysAreRenewedAndPingsAnswered() {
    SessionPair<ByteBuf> pair = pair(UnaryOperator.identity()).establish();
    PeerConnection<ByteBuf> dialer = pair.dialer.connected();
    PeerConnection<ByteBuf> acceptor = pair.acceptor.connected();
    List<Object> atDialer = seen(dialer);
    List<Object> atAcceptor = seen(acceptor);
    List<Object> done = new ArrayList<>();
    time.schedule(
        () -> {
          dialer.send(packets(1000, 16)).subscribe();
          acceptor.send(packets(20, 300_000)).subscribe();
          Flux.range(0, 50)
              .flatMap(i -> Mono.when(dialer.rotateKeys(), acceptor.rotateKeys(), dialer.ping()))
              .subscribe(null, done::add, () -> done.add("done"));
        });
    pair.settle();
    dialer.close().subscribe();
    pair.settle();

    assertThat(done).containsExactly("done");
    assertThat(atAcceptor).hasSize(1001).startsWith(0, 1).endsWith(999, "end");
    assertThat(atDialer).hasSize(21).startsWith(0, 1).endsWith(19, "end");
    assertThat(pair.dialer.closed.get(0).reason()).isEqualTo(Reason.CLOSED_LOCALLY);
    assertThat(pair.acceptor.closed.get(0).reason()).isEqualTo(Reason.CLOSED_BY_PEER);
  }

  @Test
  void aRefusedDialerIsToldWhy() {
    SessionPair<ByteBuf> pair = pair(spec -> spec.authorizer(peer -> Mono.just(false))).establish();
    assertThat(pair.dialer.failure)
        .isInstanceOfSatisfying(
            ConnectionClosedException.class, e -> assertThat(e.problem()).contains("authorized"));
    assertThat(pair.acceptor.failure).isInstanceOf(PeerException.class);
  }

  @Test
  void aRecordThatWasChangedIsToldToItsSender() {
    SessionPair<ByteBuf> pair = pair(UnaryOperator.identity()).establish();
    List<Object> atDialer = seen(pair.dialer.connected());
    List<Object> atAcceptor = seen(pair.acceptor.connected());
    pair.dialer.connected().send(packets(1, 16)).subscribe();
    pair.settle();
    pair.dialersDuplex().write(Unpooled.buffer().writeZero(100), failure -> {});
    pair.settle();
    pair.pass(Duration.ofSeconds(1));

    assertThat(atAcceptor).containsExactly(0, Reason.TAG_MISMATCH);
    assertThat(atDialer).containsExactly(Reason.PEER_ERROR);
  }

  @Test
  void asManyPingsInARecordAsMayWaitAreAnsweredAndItsPacketsRead() {
    SessionPair<ByteBuf> pair = pair(UnaryOperator.identity()).establish();
    seen(pair.dialer.connected());
    List<Object> times = new ArrayList<>();
    time.schedule(
        () -> {
          for (int i = 0; i < 64; i++) {
            pair.dialer.connected().ping().subscribe(times::add);
          }
          pair.dialer.connected().send(packets(2, 16)).subscribe();
        });
    pair.settle();
    List<Object> atAcceptor = seen(pair.acceptor.connected());
    pair.settle();
    assertThat(times).hasSize(64);
    assertThat(atAcceptor).containsExactly(0, 1);
  }
}
