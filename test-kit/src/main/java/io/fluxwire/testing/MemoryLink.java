package io.fluxwire.testing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.scheduler.Scheduler;

/**
 * A connection in memory through a faulty network, for tests of code that runs over a {@link
 * io.fluxwire.transport.ByteDuplex}: without sockets and, in virtual time, without waiting.
 *
 * <p>{@link #split}, {@link #delay} and {@link #stall} take effect from now on, in both directions.
 * {@link #breakAfter} and {@link #corruptAt} happen once, at a position in the stream; position 0
 * is the first byte of the session key. The bytes in flight are bounded: nothing more is read until
 * what was read before is written.
 *
 * <p>All methods may be called from any thread. They take effect on the scheduler; with virtual
 * time, when it is advanced next.
 */
public final class MemoryLink implements Disposable {

  /** The direction in which bytes flow. */
  public enum Direction {
    /** From the dialer to the acceptor. */
    FORTH,
    /** From the acceptor to the dialer. */
    BACK;

    /**
     * The opposite direction.
     *
     * @return the other direction
     */
    public Direction opposite() {
      return this == FORTH ? BACK : FORTH;
    }
  }

  /** How a connection breaks off. */
  public enum Break {
    /** Both ends error, and bytes in flight are lost (TCP's RST). */
    RESET,
    /** The stream ends in one direction, as if its sender had ended it (TCP's FIN). */
    END,
    /** Nothing gets through any more, in either direction, and neither end is told. */
    SILENCE
  }

  private final Scheduler scheduler;
  private final Wires wires;
  private final Map<Direction, Lane> lanes = new EnumMap<>(Direction.class);
  private int piece = Integer.MAX_VALUE;
  private Duration delay = Duration.ZERO;
  private boolean stalled;

  private MemoryLink(Scheduler scheduler, ByteBufAllocator allocator) {
    this.scheduler = scheduler;
    this.wires = new Wires(scheduler, allocator);
    for (Direction direction : Direction.values()) {
      Lane lane = new Lane(direction);
      lanes.put(direction, lane);
      wires.from(direction).receive().subscribe(lane);
    }
  }

  /**
   * A link without faults.
   *
   * @param scheduler runs both ends, one task at a time: a single thread, or virtual time
   * @return the link
   */
  public static MemoryLink create(Scheduler scheduler) {
    return create(scheduler, PooledByteBufAllocator.DEFAULT);
  }

  /**
   * A link without faults, whose buffers can be counted.
   *
   * @param scheduler runs both ends, one task at a time: a single thread, or virtual time
   * @param allocator allocates the buffers of both ends
   * @return the link
   */
  public static MemoryLink create(Scheduler scheduler, ByteBufAllocator allocator) {
    return new MemoryLink(scheduler, allocator);
  }

  /**
   * The two ends; each can be used for one connection.
   *
   * @return the ends, one for each node
   */
  public MemoryDuplex.Pair ends() {
    return wires.ends();
  }

  /**
   * Splits the bytes into small writes.
   *
   * @param bytes the maximum size of a write; above zero
   */
  public void split(int bytes) {
    if (bytes <= 0) {
      throw new IllegalArgumentException("a write has at least 1 byte, not " + bytes);
    }
    scheduler.schedule(() -> piece = bytes);
  }

  /**
   * Holds each read back for a time before it is forwarded; the next read waits for it.
   *
   * @param time the time, by the scheduler's clock; zero, which is the initial value, for no delay
   */
  public void delay(Duration time) {
    scheduler.schedule(() -> delay = time);
  }

  /** Holds everything back, ends included, until {@link #resume}. */
  public void stall() {
    scheduler.schedule(() -> stalled = true);
  }

  /** Ends a {@link #stall}, or a {@link Break#SILENCE}. */
  public void resume() {
    scheduler.schedule(
        () -> {
          stalled = false;
          lanes.values().forEach(Lane::goOn);
        });
  }

  /**
   * Breaks the connection at a position in the stream of one direction. Bytes before that position
   * get through; with {@link Break#END}, bytes after it are dropped.
   *
   * @param direction the direction
   * @param bytes how many bytes get through, counted from the connection's start; with 0 the
   *     connection breaks when the first byte comes
   * @param how how the connection breaks
   */
  public void breakAfter(Direction direction, long bytes, Break how) {
    scheduler.schedule(() -> lane(direction).breakAfter(bytes, how));
  }

  private Lane lane(Direction direction) {
    return Objects.requireNonNull(lanes.get(direction));
  }

  /**
   * Changes a bit of one byte.
   *
   * @param direction the direction
   * @param place the position of the byte, counted from the connection's start
   */
  public void corruptAt(Direction direction, long place) {
    scheduler.schedule(() -> lane(direction).corruptAt = place);
  }

  /** Breaks the connection (TCP's RST). */
  public void reset() {
    wires.reset();
  }

  /** As {@link #reset}. */
  @Override
  public void dispose() {
    reset();
  }

  private final class Lane extends BaseSubscriber<ByteBuf> {

    private final Direction direction;
    private long passed;
    private long corruptAt = -1;
    private long breakAt = Long.MAX_VALUE;
    private @Nullable Break how;
    private boolean ended;

    /** True while a piece is being written or a read is held back. */
    private boolean busy;

    /** The bytes that were read and not yet written; null while waiting for the next read. */
    private byte @Nullable [] carried;

    /** How the sender's stream ended. */
    private @Nullable Break end;

    Lane(Direction direction) {
      this.direction = direction;
    }

    void breakAfter(long bytes, Break as) {
      breakAt = bytes;
      how = as;
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      subscription.request(1);
    }

    @Override
    protected void hookOnNext(ByteBuf buffer) {
      byte[] bytes = ByteBufUtil.getBytes(buffer);
      if (corruptAt >= passed && corruptAt - passed < bytes.length) {
        bytes[(int) (corruptAt - passed)] ^= 1;
      }
      carried = bytes;
      if (delay.isZero()) {
        goOn();
      } else {
        busy = true;
        scheduler.schedule(this::free, delay.toNanos(), TimeUnit.NANOSECONDS);
      }
    }

    private void free() {
      busy = false;
      goOn();
    }

    /** Writes one piece, and the next one when that is written. */
    private void goOn() {
      if (stalled || busy) {
        return;
      }
      byte[] bytes = carried;
      if (bytes == null) {
        endIfDue();
      } else if (ended) {
        carried = null;
        request(1);
      } else {
        forward(bytes);
      }
    }

    private void forward(byte[] bytes) {
      int size = (int) Math.min(Math.min(piece, bytes.length), Math.max(0, breakAt - passed));
      carried = size == bytes.length ? null : Arrays.copyOfRange(bytes, size, bytes.length);
      passed += size;
      if (size > 0) {
        busy = true;
        wires.send(direction, Arrays.copyOf(bytes, size), this::written);
      }
      if (passed >= breakAt) {
        breakAt = Long.MAX_VALUE;
        breakOff();
      }
    }

    private void written() {
      if (carried == null) {
        request(1);
      }
      free();
    }

    private void breakOff() {
      if (how == Break.RESET) {
        reset();
      } else if (how == Break.END) {
        ended = true;
        wires.end(direction);
        goOn();
      } else {
        stalled = true;
      }
    }

    @Override
    protected void hookOnComplete() {
      end = Break.END;
      goOn();
    }

    @Override
    protected void hookOnError(Throwable broken) {
      end = Break.RESET;
      carried = null;
      busy = false;
      goOn();
    }

    private void endIfDue() {
      if (end == Break.RESET) {
        reset();
      } else if (end == Break.END && !ended) {
        ended = true;
        wires.end(direction);
      }
    }
  }
}
