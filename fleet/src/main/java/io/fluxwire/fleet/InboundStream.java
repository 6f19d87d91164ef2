package io.fluxwire.fleet;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerConnection;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.internal.SerialExecutor;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/**
 * The packets of one stream from another instance, as the source of a send on the peer's
 * connection. The other instance may send as many packets as the connection requests, so that
 * back-pressure crosses the engine.
 *
 * <p>All state is used only in the executor's turns. The only subscriber is the connection's send.
 */
final class InboundStream<P> extends Flux<P> {

  private static final Logger LOG = LoggerFactory.getLogger(InboundStream.class);

  /**
   * How far {@code PeerConnection.send} requests ahead of the socket: all packets but the last 128
   * that it has requested are written.
   */
  private static final long READ_AHEAD = 128;

  /** A grant raises the limit by at least this many packets, since each grant costs a message. */
  private static final long GRANT_STEP = 16;

  /**
   * How far the sender may be ahead of what the connection has taken, even if that requests more.
   */
  private static final long MOST_AHEAD = 256;

  /** After how many ticks without a frame the sender is taken to have forgotten the stream. */
  private static final int SILENT_TICKS = 12;

  private final InboundForwards<P> forwards;
  private final PeerConnection<P> connection;
  private final InstanceId from;
  private final long stream;
  private final Runnable whenOver;
  private final SerialExecutor serial = new SerialExecutor(this::broken);
  private final FrameOutbox outbox;
  private final Disposable.Swap sending = Disposables.swap();

  // What follows is used only in the executor's turns.

  private final Queue<ByteBuffer> waiting = new ArrayDeque<>();
  private @Nullable CoreSubscriber<? super P> subscriber;
  private boolean over;
  private long received;
  private long handed;
  private long demand;
  private long skipped;
  private long granted;
  private int silentTicks;

  /** How many packets there are in all; -1 while that is not known. */
  private long count = -1;

  InboundStream(
      InboundForwards<P> forwards,
      PeerConnection<P> connection,
      InstanceId from,
      long stream,
      Runnable whenOver) {
    this.forwards = forwards;
    this.connection = connection;
    this.from = from;
    this.stream = stream;
    this.whenOver = whenOver;
    this.granted = forwards.spec().window();
    this.outbox = new FrameOutbox(forwards.bus(), from, serial, failure -> senderLost());
  }

  void open(Frame.Open open) {
    serial.execute(
        () -> {
          packet(0, open.payload());
          if (open.last()) {
            // The sender of a single packet needs no grant: Done is the only answer.
            count = 1;
          } else if (!over) {
            outbox.add(new Frame.Grant(stream, granted, 0));
          }
        });
    sending.update(
        ForeignSource.mono("a connection's send", () -> connection.send(this))
            .subscribe(
                null,
                failure -> serial.execute(() -> sendFailed(failure)),
                () -> serial.execute(() -> end(new Frame.Done(stream)))));
  }

  void frame(Frame frame) {
    serial.execute(
        () -> {
          silentTicks = 0;
          if (over) {
            return;
          }
          if (frame instanceof Frame.Data data) {
            packet(data.number(), data.payload());
          } else if (frame instanceof Frame.End end) {
            ended(end.count());
          } else if (frame instanceof Frame.Cancel) {
            end(null);
          } else if (frame instanceof Frame.Probe probe) {
            probed(probe);
          }
        });
  }

  private void probed(Frame.Probe probe) {
    if (probe.sent() > received) {
      fail(Frame.Failure.LOST);
    } else if (probe.count() > 0 && count < 0) {
      // The End frame was lost.
      ended(probe.count());
    }
    if (!over) {
      outbox.addLatest(new Frame.Status(stream, granted, written()));
    }
  }

  private void packet(long number, ByteBuffer payload) {
    if (over || number < received) {
      return;
    }
    if (number > received || number >= granted || count >= 0) {
      fail(Frame.Failure.LOST);
    } else if (!forwards.reserve(payload.remaining())) {
      fail(Frame.Failure.BUSY);
    } else {
      received++;
      forwards.counters().received.increment();
      waiting.add(payload);
      emit();
    }
  }

  private void ended(long ofSender) {
    if (ofSender == received) {
      count = ofSender;
      emit();
    } else {
      fail(Frame.Failure.LOST);
    }
  }

  private void fail(Frame.Failure failure) {
    end(new Frame.Failed(stream, failure, written(), handed));
  }

  private long written() {
    return demand == Long.MAX_VALUE
        ? 0
        : Math.min(handed, Math.max(0, demand - skipped - READ_AHEAD));
  }

  private void sendFailed(Throwable failure) {
    boolean ended = failure instanceof ConnectionClosedException || connection.isDisposed();
    if (!ended && !over) {
      LOG.warn("forwarding to {} for instance {} failed", connection, from, failure);
    }
    fail(ended ? Frame.Failure.CONNECTION_ENDED : Frame.Failure.UNSENDABLE);
  }

  /** Ends the stream without an answer: the sender is gone. */
  void senderLost() {
    serial.execute(() -> end(null));
  }

  void tick() {
    serial.execute(
        () -> {
          silentTicks++;
          if (silentTicks > SILENT_TICKS) {
            end(null);
          }
        });
  }

  private void broken(Throwable thrown) {
    LOG.warn("forwarding to {} for instance {} failed", connection, from, thrown);
    fail(Frame.Failure.UNSENDABLE);
  }

  private void end(@Nullable Frame last) {
    if (over) {
      return;
    }
    over = true;
    whenOver.run();
    for (ByteBuffer left = waiting.poll(); left != null; left = waiting.poll()) {
      forwards.free(left.remaining());
    }
    if (last != null) {
      outbox.add(last);
    } else {
      outbox.clear();
    }
    sending.dispose();
  }

  // The source of the connection's send.

  @Override
  public void subscribe(CoreSubscriber<? super P> actual) {
    actual.onSubscribe(
        new Subscription() {
          @Override
          public void request(long n) {
            if (Operators.validate(n)) {
              serial.execute(() -> requested(n));
            }
          }

          @Override
          public void cancel() {
            serial.execute(() -> subscriber = null);
          }
        });
    serial.execute(
        () -> {
          subscriber = actual;
          emit();
        });
  }

  private void requested(long n) {
    demand = Operators.addCap(demand, n);
    emit();
    grant();
  }

  private void emit() {
    CoreSubscriber<? super P> to = subscriber;
    while (to != null && !over && handed < demand && !waiting.isEmpty()) {
      ByteBuffer payload = waiting.remove();
      forwards.free(payload.remaining());
      P packet = decoded(payload);
      handed++;
      if (packet == null) {
        // The subscriber requests no replacement for a packet that the codec skips.
        demand = Operators.addCap(demand, 1);
        skipped++;
      } else {
        to.onNext(packet);
      }
      to = subscriber;
    }
    if (to != null && !over && count == handed) {
      subscriber = null;
      to.onComplete();
    }
    grant();
  }

  private @Nullable P decoded(ByteBuffer payload) {
    ByteBuf bytes = Unpooled.wrappedBuffer(payload);
    try {
      P packet = forwards.codec().decode(bytes);
      // A packet that shares these bytes needs its own reference, since they are released below.
      return packet == null || !forwards.codec().sharesPayload()
          ? packet
          : ReferenceCountUtil.retain(packet);
    } finally {
      bytes.release();
    }
  }

  private void grant() {
    long may = Math.min(demand, handed + MOST_AHEAD);
    if (!over && count < 0 && may >= granted + GRANT_STEP) {
      granted = may;
      outbox.addLatest(new Frame.Grant(stream, granted, written()));
    }
  }
}
