package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.testing.MemoryLink.Direction;
import io.fluxwire.testing.Middle;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Both sides of an upgraded session renew their keys while both send. */
class RotationUnderLoadTest {

  private static final int PACKETS = 4_000;
  private static final int SIZE = 16;

  /** A record with one packet, and one that also has, or has only, ROTATE. */
  private static final int PACKET = 2 + 16 + 2 + SIZE + 16;

  private static final int PACKET_AND_ROTATE = PACKET + 2;
  private static final int ROTATE = 2 + 16 + 2 + 16;

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
  private final Map<Direction, Integer> rotations = new EnumMap<>(Direction.class);

  private SessionPair<ByteBuf> pair(Middle middle) {
    return SessionPair.over(
            time,
            middle.ends(),
            PacketCodec.raw(),
            spec -> spec.upgrade(Dialect.upgraded().rotation(Duration.ofSeconds(1))))
        .establish();
  }

  private void pass(Direction towards, byte[] write, Middle middle) {
    if (write.length == PACKET_AND_ROTATE || write.length == ROTATE) {
      rotations.merge(towards, 1, Integer::sum);
    }
    middle.send(towards, write);
  }

  private static List<Integer> receive(PeerConnection<ByteBuf> to) {
    List<Integer> received = new ArrayList<>();
    to.receive().map(ByteBuf::readInt).subscribe(received::add, failure -> {});
    return received;
  }

  private Mono<Void> send(PeerConnection<ByteBuf> from) {
    return from.send(
        Dialect.UPGRADED
            .inTheirOwnWrites(Flux.range(0, PACKETS), time)
            .map(i -> Unpooled.buffer(SIZE).writeInt(i).writeZero(SIZE - 4)));
  }

  @Test
  void allArriveInOrderWhileKeysAreRenewedByHandAndByTheClock() {
    Middle middle =
        Middle.ofWrites(
            time, allocator, (towards, place, write, between) -> pass(towards, write, between));
    SessionPair<ByteBuf> pair = pair(middle);
    rotations.clear();
    PeerConnection<ByteBuf> dialer = pair.dialer.connected();
    PeerConnection<ByteBuf> acceptor = pair.acceptor.connected();
    List<Integer> atAcceptor = receive(acceptor);
    List<Integer> atDialer = receive(dialer);
    send(dialer).and(send(acceptor)).subscribe();
    Flux.interval(Duration.ofMillis(3), time)
        .take(300)
        .flatMap(tick -> Mono.when(dialer.rotateKeys(), acceptor.rotateKeys()))
        .subscribe();
    for (int i = 0; i < PACKETS; i++) {
      pair.pass(Duration.ofMillis(1));
    }
    pair.settle();

    List<Integer> all = IntStream.range(0, PACKETS).boxed().toList();
    assertThat(atAcceptor).isEqualTo(all);
    assertThat(atDialer).isEqualTo(all);
    // By hand during the first 900 ms, then each second.
    assertThat(rotations)
        .containsOnly(Map.entry(Direction.FORTH, 303), Map.entry(Direction.BACK, 303));
    dialer.close().subscribe();
    pair.settle();
    assertThat(pair.acceptor.closed.get(0).reason()).isEqualTo(Reason.CLOSED_BY_PEER);
    middle.close();
    pair.close();
    assertThat(allocator.metric().usedHeapMemory()).as("heap buffers not released").isZero();
  }
}
