package io.fluxwire.page;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * The page's connections: at most {@link #MAX}, so that whoever opens them leaves descriptors for
 * peers. Where there are so many, the one that has been without a request for the longest makes way
 * for a new one; only if all are being answered, the new one is closed. So nobody keeps others out
 * by holding connections open. Thread-safe.
 *
 * <p>Not Reactor Netty's {@code maxConnections}: that one turns the new connection away, however
 * little the others do, with a warning for each; and its {@code idleTimeout} begins anew with each
 * byte.
 */
final class HttpConnections {

  /** How many there may be. */
  static final int MAX = 64;

  private final Duration maxWait;

  // What follows is guarded by this.
  private final Set<Channel> open = new LinkedHashSet<>();

  /** Those without a request, the one that has been so for the longest first. */
  private final Set<Channel> waiting = new LinkedHashSet<>();

  private boolean closed;

  /**
   * Holds no connection yet.
   *
   * @param maxWait how long one may be without a request, from accept or the last answer to the end
   *     of the next request's head, whatever arrives in between
   */
  HttpConnections(Duration maxWait) {
    this.maxWait = maxWait;
  }

  /** Takes a connection that was just accepted; called on its event loop. */
  @SuppressWarnings("FutureReturnValueIgnored") // never cancelled
  void accepted(Channel channel) {
    Channel makesWay = null;
    boolean isTaken = true;
    synchronized (this) {
      if (closed) {
        isTaken = false;
      } else if (open.size() >= MAX) {
        makesWay = longestWaiting();
        isTaken = makesWay != null;
      }
      if (makesWay != null) {
        forget(makesWay);
      }
      if (isTaken) {
        open.add(channel);
      }
    }
    if (makesWay != null) {
      reset(makesWay);
    }
    if (!isTaken) {
      reset(channel);
      return;
    }
    channel.closeFuture().addListener(gone -> forget(channel));
    channel
        .pipeline()
        .addAfter(NettyPipeline.HttpCodec, "fluxwire.requests", new Requests(channel));
  }

  private @Nullable Channel longestWaiting() {
    Iterator<Channel> all = waiting.iterator();
    return all.hasNext() ? all.next() : null;
  }

  private synchronized void forget(Channel channel) {
    open.remove(channel);
    waiting.remove(channel);
  }

  private synchronized void waits(Channel channel) {
    if (open.contains(channel)) {
      waiting.add(channel);
    }
  }

  private synchronized void isAnswered(Channel channel) {
    waiting.remove(channel);
  }

  /** Leaves no closing connection behind; on the connection's event loop. */
  @SuppressWarnings("FutureReturnValueIgnored") // closeFuture tells
  private static void reset(Channel channel) {
    channel
        .eventLoop()
        .execute(
            () -> {
              if (channel.isOpen()) {
                channel.config().setOption(ChannelOption.SO_LINGER, 0);
                channel.close();
              }
            });
  }

  /** Closes all that there are, and whatever comes. */
  @SuppressWarnings("FutureReturnValueIgnored") // closeFuture tells
  void close() {
    List<Channel> all;
    synchronized (this) {
      closed = true;
      all = List.copyOf(open);
    }
    all.forEach(Channel::close);
  }

  /** How many there are. */
  synchronized int count() {
    return open.size();
  }

  /** Watches the requests and answers of one connection; all on its event loop. */
  private final class Requests extends ChannelDuplexHandler {

    private final Channel channel;
    private @Nullable Future<?> deadline;
    private int unanswered;

    Requests(Channel channel) {
      this.channel = channel;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      await();
    }

    private void await() {
      deadline =
          channel
              .eventLoop()
              .schedule(() -> reset(channel), maxWait.toNanos(), TimeUnit.NANOSECONDS);
      waits(channel);
    }

    private void stopAwaiting() {
      isAnswered(channel);
      Future<?> running = deadline;
      deadline = null;
      if (running != null) {
        running.cancel(false);
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (message instanceof HttpRequest) {
        unanswered++;
        stopAwaiting();
      }
      ctx.fireChannelRead(message);
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the listener tells
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
      if (message instanceof LastHttpContent && !isInformational(message)) {
        ctx.write(message, promise.unvoid()).addListener(done -> answered());
      } else {
        ctx.write(message, promise);
      }
    }

    private static boolean isInformational(Object message) {
      return message instanceof HttpResponse response
          && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    }

    private void answered() {
      unanswered--;
      if (unanswered == 0 && channel.isActive()) {
        await();
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      stopAwaiting();
      ctx.fireChannelInactive();
    }
  }
}
