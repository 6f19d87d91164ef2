package io.fluxwire.netty.internal;

import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.DrainLoop;
import io.fluxwire.transport.ByteDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.DuplexChannelConfig;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.netty.Connection;

/**
 * A byte duplex over a Reactor Netty connection. It reads the channel itself, in front of Reactor
 * Netty's own handler, because that handler lacks three things: reading only when a buffer is
 * requested, telling the peer's orderly end from a reset, and writing after that end.
 *
 * <p>What is neither final nor a sink belongs to the event loop.
 */
public final class NettyByteDuplex extends ChannelInboundHandlerAdapter implements ByteDuplex {

  private static final int MIN_READ = 64;
  private static final int FIRST_READ = 2048;

  /** Four times Netty's: fewer system calls and wake-ups for a peer that sends much. */
  private static final int MAX_READ = 256 * 1024;

  /** What may wait that nobody has asked for, in room and not in bytes, before reading stops. */
  private static final int LOOK_AHEAD = 64 * 1024;

  private final Channel channel;
  private final EventLoop eventLoop;
  private final SocketAddress remoteAddress;
  private final SocketAddress localAddress;
  private final Scheduler scheduler;
  private final Input input = new Input();
  private final Sinks.Empty<Void> closed = Sinks.empty();
  private final Sinks.Empty<Void> inputEnded = Sinks.empty();
  private boolean outputEnded;

  private NettyByteDuplex(Channel channel, SocketAddress remote, SocketAddress local) {
    this.channel = channel;
    this.eventLoop = channel.eventLoop();
    this.remoteAddress = remote;
    this.localAddress = local;
    this.scheduler = new EventLoopScheduler(eventLoop);
  }

  /** Takes a TCP connection over; it must allow half-closure and not have been read from. */
  public static NettyByteDuplex over(Connection connection) {
    Channel channel = connection.channel();
    // Asked for now: a closed channel forgets its addresses.
    return over(connection, channel.remoteAddress(), channel.localAddress());
  }

  /**
   * Takes a connection by a Unix socket over, which must not have been read from.
   *
   * @param connection the connection
   * @param path the one address that there is, of both ends: only the server's has a name
   */
  static NettyByteDuplex over(Connection connection, SocketAddress path) {
    if (connection.channel().config() instanceof DuplexChannelConfig config) {
      // NIO's channel does not have this option.
      config.setAllowHalfClosure(true);
    }
    return over(connection, path, path);
  }

  private static NettyByteDuplex over(
      Connection connection, SocketAddress remote, SocketAddress local) {
    NettyByteDuplex duplex = new NettyByteDuplex(connection.channel(), remote, local);
    SocketOptions.applyTo(connection.channel().config());
    connection.addHandlerLast("fluxwire", duplex);
    return duplex;
  }

  @Override
  public Flux<ByteBuf> receive() {
    return input;
  }

  @Override
  public void unread(ByteBuf bytes) {
    inEventLoop(() -> input.unread(bytes));
  }

  /** {@inheritDoc} With epoll the system reports the end, however much has not been read yet. */
  @Override
  public Mono<Void> onInputEnd() {
    return inputEnded
        .asMono()
        .doOnSubscribe(s -> inEventLoop(() -> input.lookAhead(true)))
        .doOnCancel(this::stopLookingAhead);
  }

  private void stopLookingAhead() {
    try {
      inEventLoop(() -> input.lookAhead(false));
    } catch (RejectedExecutionException e) {
      // The event loop is gone, and nothing is read any more.
    }
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // the listener tells
  public void write(ByteBuf bytes, Consumer<? super @Nullable Throwable> whenWritten) {
    channel
        .writeAndFlush(bytes)
        .addListener(written -> whenWritten.accept(written.isSuccess() ? null : written.cause()));
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // the listener tells, and the end of the channel
  public void shutdownOutput() {
    inEventLoop(
        () -> {
          outputEnded = true;
          if (channel instanceof DuplexChannel duplex && channel.isActive()) {
            duplex.shutdownOutput().addListener(done -> input.outputEnded());
          } else {
            close();
          }
        });
  }

  @Override
  public Mono<Void> onClose() {
    return closed.asMono();
  }

  @Override
  public void dispose() {
    close();
  }

  /** As {@link #dispose()}, and the peer sees a reset. */
  public void reset() {
    inEventLoop(
        () -> {
          if (channel.isOpen()) {
            // Without lingering, a close is an RST.
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            close();
          }
        });
  }

  @Override
  public boolean isDisposed() {
    return !channel.isOpen();
  }

  @Override
  public Scheduler scheduler() {
    return scheduler;
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // never cancelled
  public void defer(Runnable task) {
    // A timer: the loop runs what is submitted at once before it looks at its sockets again.
    eventLoop.schedule(task, 1, TimeUnit.NANOSECONDS);
  }

  /** {@inheritDoc} The channel's, which Netty's own logs show too. */
  @Override
  public String id() {
    return channel.id().asShortText();
  }

  @Override
  public ByteBufAllocator allocator() {
    return channel.alloc();
  }

  @Override
  public SocketAddress remoteAddress() {
    return remoteAddress;
  }

  @Override
  public SocketAddress localAddress() {
    return localAddress;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    ChannelConfig config = channel.config();
    config.setAutoRead(false);
    // An allocator of another kind than Netty's default was chosen by the application.
    if (config.getRecvByteBufAllocator() instanceof AdaptiveRecvByteBufAllocator) {
      config.setRecvByteBufAllocator(
          new AdaptiveRecvByteBufAllocator(MIN_READ, FIRST_READ, MAX_READ));
    }
    if (channel instanceof NioDomainSocketChannel unix) {
      config.setRecvByteBufAllocator(
          new HalfClosingAllocator(unix, config.getRecvByteBufAllocator()));
    }
    if (!channel.isActive()) {
      closed();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof ByteBuf buffer) {
      input.arrived(buffer);
    } else {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    input.readComplete();
    ctx.fireChannelReadComplete();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE
        || event == ChannelInputShutdownReadComplete.INSTANCE) {
      input.end(null);
    }
    ctx.fireUserEventTriggered(event);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    input.end(cause);
    close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    closed();
    ctx.fireChannelInactive();
  }

  private void closed() {
    input.end(new ChannelClosed());
    input.loop.signal();
    closed.tryEmitEmpty();
  }

  @SuppressWarnings("FutureReturnValueIgnored") // channelInactive tells
  private void close() {
    channel.close();
  }

  private void inEventLoop(Runnable task) {
    if (eventLoop.inEventLoop()) {
      task.run();
    } else {
      eventLoop.execute(task);
    }
  }

  @Override
  public String toString() {
    return channel.toString();
  }

  /** Every connection ends with one, and where the event loop noticed it helps nobody. */
  private static final class ChannelClosed extends ClosedChannelException {

    private static final long serialVersionUID = 1L;

    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized") // there is nothing to guard
    public Throwable fillInStackTrace() {
      return this;
    }
  }

  /** What the peer sends: at most one read ahead of demand. */
  private final class Input extends Flux<ByteBuf> {

    /** One event loop runs it, where a subscriber may ask for more while it is given a buffer. */
    private final DrainLoop loop = new DrainLoop(this::advance, this::broken);

    private final Deque<ByteBuf> queue = new ArrayDeque<>();

    /**
     * How many have subscribed whom the event loop has not seen yet. They may be overtaken by what
     * they do afterwards, such as to close: the event loop may look for that in a task of before.
     */
    private final AtomicInteger attaching = new AtomicInteger();

    private @Nullable Reader reader;
    private boolean looksAhead;
    private boolean reading;
    private boolean ended;
    private @Nullable Throwable error;

    @Override
    public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
      Reader next = new Reader(actual);
      attaching.incrementAndGet();
      try {
        // At once: what is asked for right after the subscription would be lost.
        actual.onSubscribe(next);
      } finally {
        inEventLoop(() -> attach(next));
      }
    }

    private void attach(Reader next) {
      attaching.decrementAndGet();
      if (next.cancelled) {
        loop.signal();
        return;
      }
      if (reader != null) {
        next.actual.onError(new IllegalStateException("a connection's input has one subscriber"));
        return;
      }
      reader = next;
      loop.signal();
    }

    /** One subscriber. */
    private final class Reader implements Subscription {

      private final CoreSubscriber<? super ByteBuf> actual;
      private long demand;
      private boolean cancelled;

      Reader(CoreSubscriber<? super ByteBuf> actual) {
        this.actual = actual;
      }

      @Override
      public void request(long n) {
        if (Operators.validate(n)) {
          inEventLoop(
              () -> {
                demand = Operators.addCap(demand, n);
                loop.signal();
              });
        }
      }

      @Override
      public void cancel() {
        inEventLoop(
            () -> {
              cancelled = true;
              if (reader == this) {
                reader = null;
                loop.signal();
              }
            });
      }
    }

    void arrived(ByteBuf buffer) {
      queue.add(buffer);
      loop.signal();
    }

    void unread(ByteBuf bytes) {
      queue.addFirst(bytes);
      loop.signal();
    }

    void readComplete() {
      reading = false;
      loop.signal();
    }

    void end(@Nullable Throwable cause) {
      if (!ended) {
        ended = true;
        error = cause;
        loop.signal();
        if (cause == null) {
          inputEnded.tryEmitEmpty();
        }
        closeIfBothEnded();
      }
    }

    /**
     * Reads some of what nobody has asked for: elsewhere than with epoll only that shows the end.
     */
    void lookAhead(boolean whetherTo) {
      looksAhead = whetherTo;
      loop.signal();
    }

    void outputEnded() {
      loop.signal();
      closeIfBothEnded();
    }

    /** Whether nobody will read what is left: the next reader of an open channel would. */
    private boolean isDropped() {
      return reader == null && attaching.get() == 0 && (outputEnded || !channel.isOpen());
    }

    private void closeIfBothEnded() {
      if (ended && outputEnded) {
        close();
      }
    }

    private void advance() {
      Reader to = reader;
      while (to != null && to.demand > 0 && error == null && !queue.isEmpty()) {
        ByteBuf buffer = queue.remove();
        if (to.demand != Long.MAX_VALUE) {
          to.demand--;
        }
        try {
          to.actual.onNext(buffer);
        } finally {
          buffer.release();
        }
        to = reader;
      }
      if (error != null || isDropped()) {
        queue.forEach(ByteBuf::release);
        queue.clear();
      }
      if (ended && queue.isEmpty()) {
        terminate();
      } else if (!ended && !reading && wantsMore()) {
        // Never after the end: Netty would take that read for a failed one and close the channel.
        reading = true;
        channel.read();
      }
    }

    private void broken(Throwable thrown) {
      Callbacks.report("a connection's input", thrown);
      end(thrown);
      close();
    }

    private boolean wantsMore() {
      if (queue.isEmpty()) {
        Reader to = reader;
        return (to != null && to.demand > 0) || isDropped() || looksAhead;
      }
      return looksAhead && queue.stream().mapToInt(ByteBuf::capacity).sum() < LOOK_AHEAD;
    }

    private void terminate() {
      Reader to = reader;
      Throwable cause = error;
      reader = null;
      if (to == null) {
        return;
      }
      if (cause == null) {
        to.actual.onComplete();
      } else {
        to.actual.onError(cause);
      }
    }
  }
}
