package io.fluxwire.session;

import io.fluxwire.handshake.Handshake;
import io.fluxwire.observe.TrafficListener;
import io.fluxwire.record.WireLog;
import io.fluxwire.transport.ByteDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.net.SocketAddress;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/**
 * A duplex that tells a listener and the wire's log of its bytes, once for each buffer that is read
 * and each batch of records that is written.
 */
final class ObservedDuplex implements ByteDuplex {

  private static final Logger WIRE = LoggerFactory.getLogger("io.fluxwire.wire");

  private final ByteDuplex duplex;
  private final ObservedSession session;
  private final TrafficListener traffic;
  private final WireLog wire;

  /**
   * Bytes that were handed to the transport and are not written yet; used on its event loop only.
   */
  private long queued;

  /** Bytes that were given back and come again, so that they are not counted twice; as above. */
  private int unread;

  private ObservedDuplex(ByteDuplex duplex, ObservedSession session, WireLog wire) {
    this.duplex = duplex;
    this.session = session;
    this.traffic = session.traffic();
    this.wire = wire;
  }

  /** What shows the bytes of a session; nothing unless the log is on. */
  static WireLog wireLog(ObservedSession session, Handshake handshake) {
    return WIRE.isTraceEnabled() ? handshake.wireLog(WIRE, session.id()) : WireLog.NONE;
  }

  /** Returns the duplex itself if nobody listens. */
  static ByteDuplex of(ByteDuplex duplex, ObservedSession session, WireLog wire) {
    return session.traffic() == TrafficListener.NONE && wire == WireLog.NONE
        ? duplex
        : new ObservedDuplex(duplex, session, wire);
  }

  @Override
  public Flux<ByteBuf> receive() {
    Flux<ByteBuf> source = duplex.receive();
    return new Flux<>() {
      @Override
      public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
        source.subscribe(new Reading(actual));
      }
    };
  }

  @Override
  public void unread(ByteBuf bytes) {
    unread += bytes.readableBytes();
    duplex.unread(bytes);
  }

  @Override
  public void write(ByteBuf bytes, Consumer<? super @Nullable Throwable> whenWritten) {
    wire.out(bytes);
    int size = bytes.readableBytes();
    traffic.onWrite(size);
    if (queued < RecordWriter.WINDOW && queued + size >= RecordWriter.WINDOW) {
      traffic.onWriteStalled();
    }
    queued += size;
    duplex.write(
        bytes,
        failure -> {
          queued -= size;
          traffic.onWriteDone(size);
          whenWritten.accept(failure);
        });
  }

  /** Counts what is read, and notices when no more is asked for. */
  private final class Reading implements CoreSubscriber<ByteBuf>, Subscription {

    private final CoreSubscriber<? super ByteBuf> actual;
    private final AtomicLong demand = new AtomicLong();
    private @Nullable Subscription upstream;
    private volatile boolean cancelled;

    Reading(CoreSubscriber<? super ByteBuf> actual) {
      this.actual = actual;
    }

    @Override
    public void onSubscribe(Subscription s) {
      if (Operators.validate(upstream, s)) {
        upstream = s;
        actual.onSubscribe(this);
      }
    }

    @Override
    public void onNext(ByteBuf buffer) {
      int known = Math.min(unread, buffer.readableBytes());
      unread -= known;
      wire.in(buffer, known);
      traffic.onRead(buffer.readableBytes() - known);
      demand.getAndUpdate(left -> left == Long.MAX_VALUE ? left : left - 1);
      actual.onNext(buffer);
      if (demand.get() == 0 && !cancelled && session.remoteId() != null) {
        traffic.onAwaitingDemand();
      }
    }

    @Override
    public void onError(Throwable t) {
      actual.onError(t);
    }

    @Override
    public void onComplete() {
      actual.onComplete();
    }

    @Override
    public void request(long n) {
      Subscription s = upstream;
      if (s != null) {
        if (n > 0) {
          demand.accumulateAndGet(n, Operators::addCap);
        }
        s.request(n);
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
      Subscription s = upstream;
      if (s != null) {
        s.cancel();
      }
    }

    @Override
    public Context currentContext() {
      return actual.currentContext();
    }
  }

  @Override
  public void shutdownOutput() {
    duplex.shutdownOutput();
  }

  @Override
  public Mono<Void> onInputEnd() {
    return duplex.onInputEnd();
  }

  @Override
  public Mono<Void> onClose() {
    return duplex.onClose();
  }

  @Override
  public void dispose() {
    duplex.dispose();
  }

  @Override
  public boolean isDisposed() {
    return duplex.isDisposed();
  }

  @Override
  public Scheduler scheduler() {
    return duplex.scheduler();
  }

  @Override
  public void defer(Runnable task) {
    duplex.defer(task);
  }

  @Override
  public String id() {
    return duplex.id();
  }

  @Override
  public ByteBufAllocator allocator() {
    return duplex.allocator();
  }

  @Override
  public SocketAddress remoteAddress() {
    return duplex.remoteAddress();
  }

  @Override
  public SocketAddress localAddress() {
    return duplex.localAddress();
  }
}
