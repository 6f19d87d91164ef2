package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.Hello;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.fluxwire.testing.MemoryDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.test.scheduler.VirtualTimeScheduler;

/** A peer that proves who it is and then sends any payloads to a node that expects {@code Pkt}. */
class HostilePeerFuzzTest {

  private static final NodeKey HOSTILE = NodeKey.generate();
  private static final NodeKey HONEST = NodeKey.generate();

  @FuzzTest
  void payloads(FuzzedDataProvider data) {
    payloads(Dialect.VERSION_3, data);
  }

  static void payloads(Dialect dialect, FuzzedDataProvider data) {
    List<byte[]> payloads = new ArrayList<>();
    int count = data.consumeInt(1, 5);
    for (int i = 0; i < count; i++) {
      byte[] payload = data.consumeBytes(data.consumeInt(1, 200));
      payloads.add(payload.length == 0 ? new byte[1] : payload);
    }
    UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    MemoryDuplex.Pair duplexes = MemoryDuplex.pair(time, allocator);
    Victim victim = new Victim();
    dialect
        .spokenBy(SessionSpec.of(HONEST))
        .curveScheduler(time)
        .establish(duplexes.acceptor(), Role.ACCEPTOR)
        .subscribe(victim::connected);
    dialect
        .spokenBy(SessionSpec.of(HOSTILE))
        .expected(HONEST.id())
        .curveScheduler(time)
        .codec(PacketCodec.raw().allowShortPayloads())
        .establish(duplexes.dialer(), Role.DIALER)
        .subscribe(
            peer -> {
              peer.receive().subscribe(ByteBuf::readableBytes, failure -> {});
              peer.send(Flux.fromIterable(payloads).map(Unpooled::copiedBuffer))
                  .then(peer.close())
                  .subscribe(null, failure -> {});
            });
    time.advanceTimeBy(Duration.ofMinutes(2));

    assertThat(victim.closes).as("reasons of the end").isEqualTo(1);
    assertThat(victim.ends).as("ends of receive()").isEqualTo(1);
    assertThat(victim.failure).isIn(null, victim.cause);
    assertThat(victim.received).allMatch(Hello::is).hasSizeLessThanOrEqualTo(count);
    assertThat(allocator.metric().usedHeapMemory()).isZero();
    assertThat(allocator.metric().usedDirectMemory()).isZero();
  }

  private static final class Victim {

    private final List<Pkt> received = new ArrayList<>();
    private @Nullable Throwable failure;
    private @Nullable PeerException cause;
    private int ends;
    private int closes;

    void connected(PeerConnection<Pkt> peer) {
      peer.onClose()
          .subscribe(
              reason -> {
                cause = reason.cause();
                closes++;
              });
      peer.receive()
          .subscribe(
              received::add,
              broken -> {
                failure = broken;
                ends++;
              },
              () -> ends++);
    }
  }
}
