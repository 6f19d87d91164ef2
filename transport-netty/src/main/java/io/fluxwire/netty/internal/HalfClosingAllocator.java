package io.fluxwire.netty.internal;

import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.socket.nio.NioDomainSocketChannel;

/**
 * Keeps NIO's channel of a Unix socket open when its peer has ended its stream. That channel takes
 * no notice of its own setting of half-closure: at the end of the stream it closes at once, unless
 * its input is shut down by then, and answers on their way would be lost. What it read is told to
 * this first, and so the input is shut down in time.
 */
final class HalfClosingAllocator implements RecvByteBufAllocator {

  private final NioDomainSocketChannel channel;
  private final RecvByteBufAllocator reads;

  /**
   * Wraps an allocator.
   *
   * @param channel the one that it is for
   * @param reads decides how much is read
   */
  HalfClosingAllocator(NioDomainSocketChannel channel, RecvByteBufAllocator reads) {
    this.channel = channel;
    this.reads = reads;
  }

  @Override
  @SuppressWarnings("deprecation") // Netty's own channels still ask for this type
  public Handle newHandle() {
    return new DelegatingHandle(reads.newHandle()) {
      @Override
      @SuppressWarnings("FutureReturnValueIgnored") // on the event loop it is done at once
      public void lastBytesRead(int bytes) {
        super.lastBytesRead(bytes);
        if (bytes < 0) {
          channel.shutdownInput();
        }
      }
    };
  }
}
