package io.fluxwire.testing;

import io.fluxwire.transport.ByteDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.Queue;
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

/**
 * One of two ends of a connection in memory, with a pipe of limited capacity each way. Both ends
 * run on one scheduler, which must run one task at a time: a single thread, or virtual time.
 */
public final class MemoryDuplex implements ByteDuplex {

  /** How many bytes a pipe holds before a write has to wait, like the buffers of a socket. */
  public static final int CAPACITY = 64 * 1024;

  private final Scheduler scheduler;
  private final ByteBufAllocator allocator;
  private final Pipe in;
  private final Pipe out;
  private final Sinks.Empty<Void> closed = Sinks.empty();
  private final Sinks.Empty<Void> inputEnded = Sinks.empty();
  private boolean disposed;
  private final int port;

  private MemoryDuplex(
      Scheduler scheduler, ByteBufAllocator allocator, Pipe in, Pipe out, int port) {
    this.scheduler = scheduler;
    this.allocator = allocator;
    this.in = in;
    this.out = out;
    this.port = port;
  }

  /**
   * Two connected ends.
   *
   * @param dialer one end
   * @param acceptor the other
   */
  public record Pair(MemoryDuplex dialer, MemoryDuplex acceptor) {}

  /**
   * Two connected ends, without faults between them.
   *
   * @param scheduler runs both ends, one task at a time
   * @return the ends
   */
  public static Pair pair(Scheduler scheduler) {
    return pair(scheduler, Long.MAX_VALUE);
  }

  /**
   * Two connected ends, whose buffers come from an allocator that may count them.
   *
   * @param scheduler runs both ends, one task at a time
   * @param allocator allocates the buffers of both ends
   * @return the ends
   */
  public static Pair pair(Scheduler scheduler, ByteBufAllocator allocator) {
    return pair(scheduler, allocator, Long.MAX_VALUE);
  }

  /**
   * Two connected ends whose connection breaks when the dialer has written a number of bytes.
   *
   * @param scheduler runs both ends, one task at a time
   * @param dialersLimit how many of the dialer's bytes arrive
   * @return the ends
   */
  public static Pair pair(Scheduler scheduler, long dialersLimit) {
    return pair(scheduler, PooledByteBufAllocator.DEFAULT, dialersLimit);
  }

  private static Pair pair(Scheduler scheduler, ByteBufAllocator allocator, long dialersLimit) {
    Pipe forth = new Pipe(dialersLimit);
    Pipe back = new Pipe(Long.MAX_VALUE);
    MemoryDuplex dialer = new MemoryDuplex(scheduler, allocator, back, forth, 1);
    MemoryDuplex acceptor = new MemoryDuplex(scheduler, allocator, forth, back, 2);
    forth.whenBroken = acceptor::dispose;
    forth.reader = acceptor;
    back.reader = dialer;
    return new Pair(dialer, acceptor);
  }

  @Override
  public Flux<ByteBuf> receive() {
    return new Input();
  }

  @Override
  public void unread(ByteBuf bytes) {
    scheduler.schedule(
        () -> {
          if (in.failed) {
            bytes.release();
          } else {
            in.arrived.addFirst(bytes);
            in.size += bytes.readableBytes();
            in.deliver();
          }
        });
  }

  @Override
  public void write(ByteBuf bytes, Consumer<? super @Nullable Throwable> whenWritten) {
    scheduler.schedule(() -> out.write(bytes, whenWritten));
  }

  @Override
  public void shutdownOutput() {
    scheduler.schedule(
        () -> {
          out.ended = true;
          out.reader().inputEnded.tryEmitEmpty();
          out.deliver();
          in.deliver();
          closeIfEnded();
          out.reader().closeIfEnded();
        });
  }

  private void closeIfEnded() {
    if (in.ended && in.isEmpty() && out.ended) {
      dispose();
    }
  }

  @Override
  public Mono<Void> onInputEnd() {
    return inputEnded.asMono();
  }

  @Override
  public Mono<Void> onClose() {
    return closed.asMono();
  }

  @Override
  public void dispose() {
    scheduler.schedule(
        () -> {
          if (!disposed) {
            disposed = true;
            in.fail();
            if (!out.ended) {
              out.fail();
            }
            closed.tryEmitEmpty();
            if (!out.ended || !in.ended) {
              out.reader().dispose();
            }
          }
        });
  }

  @Override
  public boolean isDisposed() {
    return disposed;
  }

  @Override
  public Scheduler scheduler() {
    return scheduler;
  }

  @Override
  public void defer(Runnable task) {
    scheduler().schedule(task);
  }

  @Override
  public String id() {
    return "memory" + port;
  }

  @Override
  public ByteBufAllocator allocator() {
    return allocator;
  }

  @Override
  public SocketAddress remoteAddress() {
    return InetSocketAddress.createUnresolved("memory", 3 - port);
  }

  @Override
  public SocketAddress localAddress() {
    return InetSocketAddress.createUnresolved("memory", port);
  }

  private static final class Pipe {
    private record Write(ByteBuf bytes, Consumer<? super @Nullable Throwable> whenWritten) {}

    private final Queue<Write> writes = new ArrayDeque<>();
    private final Deque<ByteBuf> arrived = new ArrayDeque<>();
    private long limit;
    private int size;
    private boolean ended;
    private boolean failed;
    private boolean delivering;
    private @Nullable MemoryDuplex reader;
    private @Nullable Runnable whenBroken;

    /** How many have subscribed and are not here yet: what they do after that may be ahead. */
    private final AtomicInteger attaching = new AtomicInteger();

    private @Nullable Reader subscriber;

    Pipe(long limit) {
      this.limit = limit;
    }

    MemoryDuplex reader() {
      return Objects.requireNonNull(reader);
    }

    boolean isEmpty() {
      return arrived.isEmpty() && writes.isEmpty();
    }

    void write(ByteBuf bytes, Consumer<? super @Nullable Throwable> whenWritten) {
      if (failed || ended) {
        bytes.release();
        whenWritten.accept(new ClosedChannelException());
        return;
      }
      boolean breaks = bytes.readableBytes() > limit;
      if (breaks) {
        bytes.writerIndex(bytes.readerIndex() + (int) limit);
      }
      limit -= bytes.readableBytes();
      writes.add(new Write(bytes, whenWritten));
      deliver();
      if (breaks && whenBroken != null) {
        whenBroken.run();
      }
    }

    void deliver() {
      if (delivering) {
        return;
      }
      delivering = true;
      boolean progress = true;
      while (progress) {
        progress = false;
        if (!writes.isEmpty() && size < CAPACITY) {
          Write write = writes.remove();
          size += write.bytes().readableBytes();
          arrived.add(write.bytes());
          write.whenWritten().accept(null);
          progress = true;
        }
        Reader to = subscriber;
        boolean dropped = to == null && attaching.get() == 0 && reader().out.ended;
        if (!arrived.isEmpty() && ((to != null && to.wantsMore()) || dropped)) {
          ByteBuf bytes = arrived.remove();
          size -= bytes.readableBytes();
          try {
            if (!dropped && to != null) {
              to.demand -= to.demand == Long.MAX_VALUE ? 0 : 1;
              to.actual.onNext(bytes);
            }
          } finally {
            bytes.release();
          }
          progress = true;
        }
      }
      delivering = false;
      if (ended && isEmpty()) {
        Reader to = subscriber;
        subscriber = null;
        if (to != null) {
          to.actual.onComplete();
        }
        reader().closeIfEnded();
      }
    }

    void fail() {
      if (failed) {
        return;
      }
      failed = true;
      arrived.forEach(ByteBuf::release);
      arrived.clear();
      for (Write write = writes.poll(); write != null; write = writes.poll()) {
        write.bytes().release();
        write.whenWritten().accept(new ClosedChannelException());
      }
      Reader to = subscriber;
      subscriber = null;
      if (to != null) {
        to.actual.onError(new ClosedChannelException());
      }
    }
  }

  private final class Input extends Flux<ByteBuf> {

    @Override
    public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
      Reader reader = new Reader(actual);
      in.attaching.incrementAndGet();
      try {
        actual.onSubscribe(reader);
      } finally {
        scheduler.schedule(() -> attach(reader));
      }
    }

    private void attach(Reader reader) {
      in.attaching.decrementAndGet();
      if (reader.cancelled) {
        in.deliver();
        return;
      }
      if (in.failed) {
        reader.actual.onError(new ClosedChannelException());
      } else if (in.subscriber != null) {
        reader.actual.onError(new IllegalStateException("a connection's input has one subscriber"));
      } else {
        in.subscriber = reader;
        in.deliver();
      }
    }
  }

  /** One subscriber of the input. */
  private final class Reader implements Subscription {

    private final CoreSubscriber<? super ByteBuf> actual;
    private long demand;

    /** At once, whatever is still to run before the task that takes this away. */
    private volatile boolean cancelled;

    Reader(CoreSubscriber<? super ByteBuf> actual) {
      this.actual = actual;
    }

    boolean wantsMore() {
      return demand > 0 && !cancelled;
    }

    @Override
    public void request(long n) {
      scheduler.schedule(
          () -> {
            demand = Operators.addCap(demand, n);
            in.deliver();
          });
    }

    @Override
    public void cancel() {
      cancelled = true;
      scheduler.schedule(
          () -> {
            if (in.subscriber == this) {
              in.subscriber = null;
              in.deliver();
            }
          });
    }
  }
}
