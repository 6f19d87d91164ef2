package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.memory.MemoryBudget;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import reactor.test.scheduler.VirtualTimeScheduler;

/**
 * Two nodes from the dial to the end, under virtual time. Everything but their keys follows from a
 * seed: what they speak and send, how they read, when they end, and what the wire does.
 */
final class SimulatedPair {

  private static final Duration STEP = Duration.ofMillis(500);
  private static final long LONGEST_MILLIS = Duration.ofMinutes(10).toMillis();

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final CountedTimers timers = new CountedTimers(time);
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
  private final AtomicLong reserved = new AtomicLong();
  private final MemoryBudget budget = new MemoryBudget(64 << 20, reserved::addAndGet);
  private final SimulatedPlan plan;
  private final SimulatedWire wire;
  private final SimulatedPeer dialer;
  private final SimulatedPeer acceptor;

  /**
   * Two nodes that have not begun.
   *
   * @param attacked whether somebody changes what is on the wire; otherwise it may break
   */
  SimulatedPair(long seed, boolean attacked) {
    Random random = new Random(seed);
    plan = SimulatedPlan.of(random, attacked);
    wire = new SimulatedWire(plan, timers, time, allocator, random);
    dialer = new SimulatedPeer(plan, Role.DIALER, time, random);
    acceptor = new SimulatedPeer(plan, Role.ACCEPTOR, time, random);
  }

  /** Until both have ended; checks what holds whatever happened. */
  SimulatedPair run() {
    SessionSpec<?> settings =
        SessionSpec.of(NodeKey.generate())
            .codec(PacketCodec.raw())
            .curveScheduler(timers)
            .budget(budget);
    wire.start();
    dialer.start(settings, wire.dialer());
    acceptor.start(settings, wire.acceptor());
    while (!isOver()) {
      assertThat(time.now(TimeUnit.MILLISECONDS)).as("milliseconds").isLessThan(LONGEST_MILLIS);
      time.advanceTimeBy(STEP);
    }
    assertThat(timers.pending()).as("timers left").isEmpty();
    assertThat(reserved).as("bytes reserved of the budget").hasValue(0);
    wire.reset();
    // The application's own timers come, and those of the wire.
    time.advanceTimeBy(Duration.ofMillis(LONGEST_MILLIS));

    dialer.check(acceptor, wire);
    acceptor.check(dialer, wire);
    assertThat(allocator.metric().usedHeapMemory()).as("heap buffers not released").isZero();
    assertThat(allocator.metric().usedDirectMemory()).as("direct ones").isZero();
    return this;
  }

  private boolean isOver() {
    return dialer.isOver()
        && acceptor.isOver()
        && wire.dialer().isDisposed()
        && wire.acceptor().isDisposed();
  }

  @Override
  public String toString() {
    return plan + "\n" + dialer + "\n" + acceptor + "\nfault at " + wire.failedAt() + " ms";
  }
}
