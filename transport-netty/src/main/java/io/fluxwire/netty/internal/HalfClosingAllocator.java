package io.fluxwire.netty.internal;

import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.socket.nio.NioDomainSocketChannel;

/**
 * Keeps NIO's channel of a Unix socket open when the peer has ended its stream. That channel
 * ignores its setting for half-closure: at the end of the stream it closes at once unless its input
 * has been shut down, and answers that are not written yet would be lost. The channel reports what
 * it has read to its allocator first, so this allocator can shut the input down in time.
 */
final class HalfClosingAllocator implements RecvByteBufAllocator {

  private final NioDomainSocketChannel channel;
  private final RecvByteBufAllocator reads;

  /**
   * Wraps an allocator.
   *
   * @param channel the channel that uses this allocator
   * @param reads the allocator that decides how much is read
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
