package io.fluxwire.netty.internal;

import io.fluxwire.internal.Callbacks;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of connections that the system could not hand over, such as for lack of file descriptors:
 * their peers wait, and nothing else shows it. Netty tries again each second, so this tells once in
 * a minute.
 */
final class AcceptFailures extends ChannelInboundHandlerAdapter {

  private static final Logger LOG = LoggerFactory.getLogger(NettyListener.class);
  private static final long INTERVAL = TimeUnit.MINUTES.toNanos(1);

  private final String address;
  private final LongSupplier nanoClock;
  private long nextAt;

  AcceptFailures(String address, LongSupplier nanoClock) {
    this.address = address;
    this.nanoClock = nanoClock;
    this.nextAt = nanoClock.getAsLong();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    long now = nanoClock.getAsLong();
    if (now - nextAt >= 0) {
      nextAt = now + INTERVAL;
      tell(cause);
    }
    // Reactor Netty's own handler pauses for a second, and says nothing.
    ctx.fireExceptionCaught(cause);
  }

  /** With no class that may not be loaded yet: that takes a file descriptor, too. */
  private void tell(Throwable cause) {
    Callbacks.run(
        "the log of a server",
        () ->
            LOG.warn(
                "no connection can be accepted on {} at the moment: {}. Whoever connects has to"
                    + " wait. If this process has too many open files, raise its limit (ulimit -n,"
                    + " LimitNOFILE) or lower the limit of connections",
                address,
                cause.getMessage()));
  }
}
