package io.fluxwire.rsocket;

import io.fluxwire.internal.Arguments;
import io.netty.buffer.ByteBufAllocator;

/**
 * The settings of RSocket's use of a connection.
 *
 * @param sendBudget how many bytes may wait to be written
 * @param allocator allocates RSocket's buffers
 */
record Link(int sendBudget, ByteBufAllocator allocator) {

  static final Link DEFAULT = new Link(FluxwireRSocket.SEND_BUDGET, ByteBufAllocator.DEFAULT);

  /** Room for the largest frame, while streams wait. */
  private static final int LEAST_BUDGET = 2 * 1024 * 1024;

  /** Streams may be asked for one part in this many of the budget at a time. */
  private static final int WINDOW = 8;

  Link sendBudget(int bytes) {
    return new Link(Arguments.inRange("the send budget", bytes, LEAST_BUDGET, 1 << 30), allocator);
  }

  Link allocator(ByteBufAllocator buffers) {
    return new Link(sendBudget, buffers);
  }

  int window() {
    return sendBudget / WINDOW;
  }
}
