package io.fluxwire.session;

import static io.fluxwire.handshake.Dialect.BOLT8;
import static io.fluxwire.handshake.Dialect.V3;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.PeerException;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.testing.Cuts;
import io.fluxwire.testing.MemoryDuplex;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import reactor.test.scheduler.VirtualTimeScheduler;

/**
 * Whatever a stranger says to a side that speaks BOLT 8, alone or beside version 3: one outcome
 * with a typed reason, no word from a port to whoever does not know its id, and no leak.
 */
class AnyBytesFuzzTest {

  private static final NodeKey KEY = NodeKey.generate();
  private static final NodeKey OTHER = NodeKey.generate();

  private static final int ACT_ONE = 50;

  /** Who hears the bytes. */
  private enum Victim {
    PORT,
    PORT_FOR_BOTH,
    DIALER
  }

  @FuzzTest
  void bytes(FuzzedDataProvider data) {
    Victim victim = data.pickValue(Victim.values());
    boolean ends = data.consumeBoolean();
    byte[] said = data.consumeBytes(300);
    UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    MemoryDuplex.Pair duplexes = MemoryDuplex.pair(time, allocator);
    boolean dials = victim == Victim.DIALER;
    MemoryDuplex stranger = dials ? duplexes.acceptor() : duplexes.dialer();
    List<byte[]> heard = new ArrayList<>();
    stranger.receive().map(ByteBufUtil::getBytes).subscribe(heard::add, gone -> {});
    List<Throwable> outcomes = new ArrayList<>();
    spec(victim)
        .curveScheduler(time)
        .establish(
            dials ? duplexes.dialer() : duplexes.acceptor(), dials ? Role.DIALER : Role.ACCEPTOR)
        .subscribe(peer -> outcomes.add(new AssertionError("taken")), outcomes::add);
    for (byte[] piece : Cuts.of(data, said)) {
      stranger.write(Unpooled.wrappedBuffer(piece), gone -> {});
      time.advanceTime();
    }
    if (ends) {
      stranger.shutdownOutput();
    }
    time.advanceTimeBy(Duration.ofMinutes(2));
    stranger.dispose();
    time.advanceTime();

    assertThat(outcomes).singleElement().isInstanceOf(PeerException.class);
    boolean version3 =
        victim == Victim.PORT_FOR_BOTH && said.length > 0 && (said[0] == 2 || said[0] == 3);
    if (!version3) {
      int answered = heard.stream().mapToInt(bytes -> bytes.length).sum();
      assertThat(answered).as("answered").isEqualTo(dials ? ACT_ONE : 0);
    }
    assertThat(allocator.metric().usedHeapMemory()).isZero();
    assertThat(allocator.metric().usedDirectMemory()).isZero();
  }

  private static SessionSpec<?> spec(Victim victim) {
    return switch (victim) {
      case PORT -> SessionSpec.of(KEY).dialects(BOLT8);
      case PORT_FOR_BOTH -> SessionSpec.of(KEY).dialects(V3, BOLT8);
      case DIALER -> SessionSpec.of(KEY).dialects(BOLT8).expected(OTHER.id());
    };
  }
}
