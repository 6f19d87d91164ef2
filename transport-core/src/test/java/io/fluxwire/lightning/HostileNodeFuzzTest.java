package io.fluxwire.lightning;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.handshake.Dialect;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.session.SessionSpec;
import io.fluxwire.testing.MemoryDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.test.scheduler.VirtualTimeScheduler;

/**
 * A Lightning node that proves who it is and then says anything: the exchange of init has one
 * outcome, whoever receives has one end with a typed reason, each ping gets the answer that it is
 * due and no other, and nothing leaks.
 */
class HostileNodeFuzzTest {

  private static final int[] TYPES = {1, 16, 17, 18, 19, 20, 0xffff};
  private static final int PING = 18;
  private static final int PONG = 19;
  private static final int LARGEST_PONG = 65_531;

  private static final NodeKey HOSTILE = NodeKey.generate();
  private static final NodeKey HONEST = NodeKey.generate();

  @FuzzTest
  void messages(FuzzedDataProvider data) {
    List<byte[]> said = new ArrayList<>();
    if (data.consumeInt(0, 7) > 0) {
      said.add(new byte[] {0, 16, 0, 0, 0, 1, 0x02});
    }
    int count = data.consumeInt(1, 6);
    for (int i = 0; i < count; i++) {
      said.add(message(data));
    }
    Victim victim = new Victim();
    List<byte[]> heard = new ArrayList<>();
    UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    MemoryDuplex.Pair ends = MemoryDuplex.pair(time, allocator);
    spec(HONEST, LightningCodec.create(), time)
        .establish(ends.acceptor(), Role.ACCEPTOR)
        .subscribe(connection -> victim.connected(connection, time));
    spec(HOSTILE, PacketCodec.messages(), time)
        .expected(HONEST.id())
        .establish(ends.dialer(), Role.DIALER)
        .subscribe(
            peer -> {
              peer.receive().map(ByteBufUtil::getBytes).subscribe(heard::add, gone -> {});
              peer.send(Flux.fromIterable(said).map(Unpooled::copiedBuffer))
                  .then(peer.close())
                  .subscribe(null, gone -> {});
            });
    time.advanceTimeBy(Duration.ofMinutes(2));

    assertThat(victim.outcomes).as("outcomes of the exchange").isEqualTo(1);
    assertThat(victim.closes).as("reasons of the end").isEqualTo(1);
    assertThat(victim.ends).as("ends of receive()").isEqualTo(victim.peer == null ? 0 : 1);
    assertThat(victim.received).doesNotContain(PING, PONG);
    assertAnswers(said, heard);
    assertThat(allocator.metric().usedHeapMemory()).isZero();
    assertThat(allocator.metric().usedDirectMemory()).isZero();
  }

  private static byte[] message(FuzzedDataProvider data) {
    byte[] body = data.consumeBytes(data.consumeInt(0, 120));
    if (data.consumeInt(0, 7) == 0) {
      return body;
    }
    int type = data.pickValue(TYPES);
    return ByteBuffer.allocate(2 + body.length).putShort((short) type).put(body).array();
  }

  private static SessionSpec<ByteBuf> spec(
      NodeKey key, PacketCodec<ByteBuf> codec, VirtualTimeScheduler time) {
    return SessionSpec.of(key).codec(codec).curveScheduler(time).dialects(Dialect.BOLT8);
  }

  /** Pongs are those that were asked for, in their order, from the first one on. */
  private static void assertAnswers(List<byte[]> said, List<byte[]> heard) {
    List<Integer> due =
        said.stream()
            .filter(message -> message.length >= 4 && type(message) == PING)
            .map(ping -> ByteBuffer.wrap(ping).getShort(2) & 0xffff)
            .filter(size -> size <= LARGEST_PONG)
            .toList();
    List<byte[]> pongs = heard.stream().filter(message -> type(message) == PONG).toList();
    assertThat(pongs).hasSizeLessThanOrEqualTo(due.size());
    for (int i = 0; i < pongs.size(); i++) {
      assertThat(pongs.get(i)).hasSize(4 + due.get(i));
    }
  }

  private static int type(byte[] message) {
    return ByteBuffer.wrap(message).getShort() & 0xffff;
  }

  private static final class Victim {

    private final List<Integer> received = new ArrayList<>();
    private @Nullable LightningPeer peer;
    private int outcomes;
    private int ends;
    private int closes;

    void connected(PeerConnection<ByteBuf> connection, VirtualTimeScheduler time) {
      connection.onClose().subscribe(reason -> closes++);
      InitSpec.create()
          .timers(time)
          .exchange(connection)
          .subscribe(this::ready, failure -> outcome(failure));
    }

    private void outcome(Throwable failure) {
      assertThat(failure).isInstanceOf(PeerException.class);
      outcomes++;
    }

    private void ready(LightningPeer ready) {
      peer = ready;
      outcomes++;
      ready
          .receive()
          .map(LightningPeer::typeOf)
          .subscribe(
              received::add,
              failure -> {
                assertThat(failure).isInstanceOf(PeerException.class);
                ends++;
              },
              () -> ends++);
    }
  }
}
