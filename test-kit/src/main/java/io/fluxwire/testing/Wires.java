package io.fluxwire.testing;

import io.fluxwire.testing.MemoryLink.Direction;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import reactor.core.scheduler.Scheduler;

/** The two connections of an intermediary between two nodes. */
final class Wires {

  private final MemoryDuplex.Pair left;
  private final MemoryDuplex.Pair right;

  Wires(Scheduler scheduler, ByteBufAllocator allocator) {
    left = MemoryDuplex.pair(scheduler, allocator);
    right = MemoryDuplex.pair(scheduler, allocator);
  }

  /** The ends that the two nodes use. */
  MemoryDuplex.Pair ends() {
    return new MemoryDuplex.Pair(left.dialer(), right.acceptor());
  }

  /** The end from which the bytes of a direction come. */
  MemoryDuplex from(Direction direction) {
    return direction == Direction.FORTH ? left.acceptor() : right.dialer();
  }

  private MemoryDuplex towards(Direction direction) {
    return from(direction.opposite());
  }

  void send(Direction direction, byte[] bytes, Runnable whenWritten) {
    towards(direction).write(Unpooled.wrappedBuffer(bytes), failure -> whenWritten.run());
  }

  void end(Direction direction) {
    towards(direction).shutdownOutput();
  }

  void reset() {
    left.acceptor().dispose();
    right.dialer().dispose();
  }
}
