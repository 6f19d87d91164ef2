package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.crypto.DirectionKeys;
import io.fluxwire.handshake.Handshake;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.Secured;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.observe.HandshakeStage;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.record.v3.Frames;
import io.fluxwire.testing.MemoryDuplex;
import io.fluxwire.transport.ByteDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Sessions whose records are others from the end of the handshake on. */
class SwitchedRecordsTest {

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
  private final List<Integer> received = new ArrayList<>();

  /** Version 3's handshake, and plain records after it. */
  private record Switching(Handshake v3) implements Handshake {

    @Override
    public Run over(
        ByteDuplex duplex, Role role, ReadLimits limits, Consumer<HandshakeStage> stages) {
      Run run = v3.over(duplex, role, limits, stages);
      return new Run() {
        @Override
        public Mono<Secured> secure() {
          return run.secure().map(Switching::plain);
        }

        @Override
        public String awaited() {
          return run.awaited();
        }

        @Override
        public @Nullable RecordSealer release() {
          return run.release();
        }
      };
    }

    private static Secured plain(Secured v3) {
      v3.destroy();
      DirectionKeys unused = DirectionKeys.derive(new byte[32], new byte[33]);
      PlainRecords records = new PlainRecords();
      return new Secured(
          v3.peer(),
          records.opener(unused, UnpooledByteBufAllocator.DEFAULT),
          records.sealer(unused, UnpooledByteBufAllocator.DEFAULT),
          v3.parameters());
    }
  }

  @Test
  void packetsRightBehindTheHandshakeAreInTheOtherRecords() {
    MemoryDuplex.Pair duplexes = MemoryDuplex.pair(time, allocator);
    SessionSpec<ByteBuf> dialer = spec();
    SessionSpec<ByteBuf> acceptor = spec();
    acceptor
        .establish(
            duplexes.acceptor(), Role.ACCEPTOR, new Switching(acceptor.handshake(Frames.SUITE)))
        .flatMapMany(peer -> peer.receive())
        .subscribe(packet -> received.add(packet.readInt()));
    dialer
        .establish(duplexes.dialer(), Role.DIALER, new Switching(dialer.handshake(Frames.SUITE)))
        .flatMap(
            peer ->
                peer.send(
                    Flux.range(0, 5000).map(i -> Unpooled.buffer(16).writeInt(i).writeZero(12))))
        .subscribe();
    time.advanceTime();
    assertThat(received).hasSize(5000).isSorted().startsWith(0).endsWith(4999);
    duplexes.dialer().dispose();
    duplexes.acceptor().dispose();
    time.advanceTime();
    assertThat(allocator.metric().usedHeapMemory()).isZero();
    assertThat(allocator.metric().usedDirectMemory()).isZero();
  }

  private SessionSpec<ByteBuf> spec() {
    return SessionSpec.of(NodeKey.generate()).curveScheduler(time).codec(PacketCodec.raw());
  }
}
