package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.testing.MemoryDuplex;
import io.fluxwire.transport.ByteDuplex;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Handshakes while the threads of the curve have much to do. */
class CurveQueueTest {

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final Queue<Runnable> computations = new ArrayDeque<>();
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);

  private List<Reason> failures(Consumer<ByteDuplex> peer) {
    MemoryDuplex.Pair duplexes = MemoryDuplex.pair(time, allocator);
    List<Reason> failures = new ArrayList<>();
    computations.clear();
    SessionSpec.of(NodeKey.generate())
        .curveScheduler(Schedulers.fromExecutor(computations::add))
        .establish(duplexes.acceptor(), Role.ACCEPTOR)
        .subscribe(connected -> {}, failure -> failures.add(((PeerException) failure).reason()));
    // Its own session key.
    computations.remove().run();
    peer.accept(duplexes.dialer());
    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(allocator.metric().usedHeapMemory()).isZero();
    assertThat(allocator.metric().usedDirectMemory()).isZero();
    return failures;
  }

  @Test
  void whoLeavesBeforeItsKeyDoesNotWaitForTheCurve() {
    assertThat(failures(ByteDuplex::dispose)).containsExactly(Reason.CONNECTION_LOST);
    assertThat(failures(ByteDuplex::shutdownOutput)).containsExactly(Reason.CLOSED_BY_PEER);
  }

  @Test
  void whoSpeaksAnotherProtocolDoesNotWaitForTheCurve() {
    assertThat(
            failures(
                duplex -> {
                  duplex.write(duplex.allocator().buffer().writeBytes(new byte[33]), failure -> {});
                }))
        .containsExactly(Reason.SESSION_KEY_PREFIX);
  }
}
