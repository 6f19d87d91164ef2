package io.fluxwire.testing;

import io.fluxwire.testing.MemoryLink.Direction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.Supplier;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.scheduler.Scheduler;

/**
 * An attacker between two nodes in memory. The attacker has no keys, but sees the boundaries of
 * units: of the session key and then of version 3's frames, whose lengths are not encrypted; or,
 * where lengths are encrypted, of the bytes that a node writes at once ({@link #ofWrites}). An
 * {@link Attack} decides what happens to each unit. For networks with accidental faults, see {@link
 * MemoryLink}.
 */
public final class Middle {

  /** The size of the first unit, in bytes. */
  public static final int SESSION_KEY = 33;

  private static final int HEADER = 40;

  /** Decides what happens to the units that are sent. */
  @FunctionalInterface
  public interface Attack {

    /**
     * A unit has come. It is forwarded only if this method calls {@link Middle#send}.
     *
     * @param direction the direction in which it was sent
     * @param place 0 for the session key, 1 for authenticate, 2 and up for what follows
     * @param unit its bytes
     * @param middle acts on the connection
     */
    void unit(Direction direction, int place, byte[] unit, Middle middle);
  }

  private final Wires wires;
  private boolean silent;

  /**
   * Starts to intercept a session of version 3.
   *
   * @param scheduler runs both ends, one task at a time: a single thread, or virtual time
   * @param allocator allocates the buffers of both ends
   * @param attack decides what happens to each unit
   */
  public Middle(Scheduler scheduler, ByteBufAllocator allocator, Attack attack) {
    this(scheduler, allocator, attack, Middle::version3);
  }

  private Middle(
      Scheduler scheduler, ByteBufAllocator allocator, Attack attack, Supplier<Units> units) {
    wires = new Wires(scheduler, allocator);
    for (Direction direction : Direction.values()) {
      wires.from(direction).receive().subscribe(new Tap(direction, attack, units.get()));
    }
  }

  /**
   * Starts to intercept a session of any kind. A unit is what a node writes at once: first the
   * session key, then authenticate, then the records of one iteration of the event loop.
   *
   * @param scheduler runs both ends, one task at a time: a single thread, or virtual time
   * @param allocator allocates the buffers of both ends
   * @param attack decides what happens to each unit
   * @return the attacker
   */
  public static Middle ofWrites(Scheduler scheduler, ByteBufAllocator allocator, Attack attack) {
    return new Middle(scheduler, allocator, attack, () -> (pending, place) -> pending.length);
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
   * Sends any bytes in a direction.
   *
   * @param direction the direction
   * @param bytes the bytes, copied
   */
  public void send(Direction direction, byte[] bytes) {
    if (!silent && bytes.length > 0) {
      wires.send(direction, bytes.clone(), () -> {});
    }
  }

  /**
   * Ends one direction as its sender would (FIN).
   *
   * @param direction the direction
   */
  public void end(Direction direction) {
    if (!silent) {
      wires.end(direction);
    }
  }

  /** Breaks the connection (RST). */
  public void reset() {
    if (!silent) {
      wires.reset();
    }
  }

  /** From now on nothing gets through, not even the ends of the streams. */
  public void silence() {
    silent = true;
  }

  /** Closes the connection. */
  public void close() {
    silent = false;
    reset();
  }

  /** Finds the boundaries of units, in one direction. */
  @FunctionalInterface
  private interface Units {

    /**
     * The size of the next unit; if the unit is not complete, a size larger than the pending bytes.
     */
    int next(byte[] pending, int place);
  }

  private static Units version3() {
    return new Units() {
      private long totlen;

      @Override
      public int next(byte[] pending, int place) {
        if (place == 0) {
          return SESSION_KEY;
        }
        if (pending.length < HEADER) {
          return Integer.MAX_VALUE;
        }
        long end = ByteBuffer.wrap(pending).order(ByteOrder.LITTLE_ENDIAN).getLong(32);
        int size = HEADER + (int) (end - totlen + 15) / 16 * 16;
        if (size <= pending.length) {
          totlen = end;
        }
        return size;
      }
    };
  }

  private final class Tap extends BaseSubscriber<ByteBuf> {

    private final Direction direction;
    private final Attack attack;
    private final Units units;
    private byte[] pending = new byte[0];
    private int place;

    Tap(Direction direction, Attack attack, Units units) {
      this.direction = direction;
      this.attack = attack;
      this.units = units;
    }

    @Override
    protected void hookOnNext(ByteBuf bytes) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      all.writeBytes(pending);
      all.writeBytes(ByteBufUtil.getBytes(bytes));
      pending = all.toByteArray();
      while (pending.length > 0) {
        int size = units.next(pending, place);
        if (size > pending.length) {
          return;
        }
        byte[] unit = Arrays.copyOf(pending, size);
        pending = Arrays.copyOfRange(pending, size, pending.length);
        attack.unit(direction, place++, unit, Middle.this);
      }
    }

    @Override
    protected void hookOnComplete() {
      end(direction);
    }

    @Override
    protected void hookOnError(Throwable broken) {
      reset();
    }
  }
}
