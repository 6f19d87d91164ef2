package io.fluxwire.lightning;

import io.fluxwire.PeerConnection;
import io.fluxwire.TooManyRequestsException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;

/** Both sides' pings: this one's, of which pongs are awaited in their order, and the peer's. */
final class Pings {

  /** How many of this side's may have no answer. */
  static final int MAX_ASKED = 16;

  /** How many answers may wait to be written. */
  static final int MAX_ANSWERS = 64;

  /** A ping that wants more is not to be answered. */
  private static final int MAX_PONG = 65_532;

  /** Pongs tell by their sizes which ping they answer, and these are enough to tell 16 apart. */
  private static final int SIZES = 64;

  private final PeerConnection<ByteBuf> connection;
  private final Scheduler clock;
  private final AtomicInteger unwritten = new AtomicInteger();
  private final Deque<Asked> asked = new ArrayDeque<>();
  private int count;
  private @Nullable Throwable ended;

  /** A ping of this side's that has no answer yet. */
  private record Asked(int pong, long at, MonoSink<Duration> sink) {}

  Pings(PeerConnection<ByteBuf> connection, Scheduler clock) {
    this.connection = connection;
    this.clock = clock;
  }

  Mono<Duration> ask() {
    return Mono.create(
        sink -> {
          Throwable refusal = refusal();
          if (refusal != null) {
            sink.error(refusal);
            return;
          }
          Asked ping = asked(sink);
          if (ping == null) {
            sink.error(new TooManyRequestsException(MAX_ASKED, 0));
            return;
          }
          sink.onDispose(() -> forget(ping));
          connection
              .sendOne(
                  Unpooled.buffer(3 * Short.BYTES)
                      .writeShort(MessageType.PING)
                      .writeShort(ping.pong())
                      .writeShort(0))
              .subscribe(null, sink::error);
        });
  }

  private synchronized @Nullable Throwable refusal() {
    return ended;
  }

  private synchronized @Nullable Asked asked(MonoSink<Duration> sink) {
    if (asked.size() == MAX_ASKED) {
      return null;
    }
    Asked ping = new Asked(count++ % SIZES, clock.now(TimeUnit.NANOSECONDS), sink);
    asked.add(ping);
    return ping;
  }

  private synchronized void forget(Asked ping) {
    asked.remove(ping);
  }

  /** The peer's answer; one to nothing is ignored. */
  void answered(ByteBuf pong) {
    if (pong.readableBytes() < 2 * Short.BYTES) {
      return;
    }
    Asked ping = taken(pong.getUnsignedShort(pong.readerIndex() + Short.BYTES));
    if (ping != null) {
      ping.sink().success(Duration.ofNanos(clock.now(TimeUnit.NANOSECONDS) - ping.at()));
    }
  }

  private synchronized @Nullable Asked taken(int pong) {
    for (Asked ping : asked) {
      if (ping.pong() == pong) {
        asked.remove(ping);
        return ping;
      }
    }
    return null;
  }

  /**
   * Answers the peer. Who asks more often than it reads gets no more answers, and takes no memory:
   * each is made when there is room for it.
   */
  void answer(ByteBuf ping) {
    if (ping.readableBytes() < 2 * Short.BYTES) {
      return;
    }
    int size = ping.getUnsignedShort(ping.readerIndex() + Short.BYTES);
    if (size >= MAX_PONG || unwritten.get() >= MAX_ANSWERS) {
      return;
    }
    unwritten.incrementAndGet();
    connection
        .send(Mono.fromSupplier(() -> pong(size)))
        .subscribe(null, failure -> unwritten.decrementAndGet(), unwritten::decrementAndGet);
  }

  private static ByteBuf pong(int size) {
    return Unpooled.buffer(2 * Short.BYTES + size)
        .writeShort(MessageType.PONG)
        .writeShort(size)
        .writeZero(size);
  }

  /** No more answers come. */
  void ended(Throwable why) {
    List<Asked> waiting;
    synchronized (this) {
      ended = why;
      waiting = new ArrayList<>(asked);
      asked.clear();
    }
    waiting.forEach(ping -> ping.sink().error(why));
  }
}
