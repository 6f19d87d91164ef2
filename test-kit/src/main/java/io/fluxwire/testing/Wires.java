package io.fluxwire.testing;

import io.fluxwire.testing.MemoryLink.Direction;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import reactor.core.scheduler.Scheduler;

/** The connections on both sides of whoever stands between two nodes. */
final class Wires {

  private final MemoryDuplex.Pair left;
  private final MemoryDuplex.Pair right;

  Wires(Scheduler scheduler, ByteBufAllocator allocator) {
    left = MemoryDuplex.pair(scheduler, allocator);
    right = MemoryDuplex.pair(scheduler, allocator);
  }

  /** What the two nodes have for their connection. */
  MemoryDuplex.Pair ends() {
    return new MemoryDuplex.Pair(left.dialer(), right.acceptor());
  }

  /** Where that which flows in a direction comes from. */
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
