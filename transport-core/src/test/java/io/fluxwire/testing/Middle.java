package io.fluxwire.testing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.scheduler.Scheduler;

/**
 * Someone between two nodes, who has no keys but sees where units end: the session key, then the
 * frames, whose lengths are in clear. What is done with a unit is up to an {@link Attack}.
 */
public final class Middle {

  /** The size of the first unit. */
  public static final int SESSION_KEY = 33;

  private static final int HEADER = 40;

  /** Which way bytes flow. */
  public enum Direction {
    /** From the dialer to the acceptor. */
    FORTH,
    /** From the acceptor to the dialer. */
    BACK;

    /** The other one. */
    public Direction opposite() {
      return this == FORTH ? BACK : FORTH;
    }
  }

  /** What is done with what is sent. */
  @FunctionalInterface
  public interface Attack {

    /**
     * A unit has come; it goes on only by {@link Middle#send}.
     *
     * @param direction where it was going
     * @param place 0 for the session key, 1 for authenticate, 2 and up for packets
     * @param unit its bytes
     * @param middle does things to the connection
     */
    void unit(Direction direction, int place, byte[] unit, Middle middle);
  }

  private final MemoryDuplex.Pair left;
  private final MemoryDuplex.Pair right;
  private boolean silent;

  /** Starts to listen. */
  public Middle(Scheduler scheduler, ByteBufAllocator allocator, Attack attack) {
    left = MemoryDuplex.pair(scheduler, allocator);
    right = MemoryDuplex.pair(scheduler, allocator);
    left.acceptor().receive().subscribe(new Tap(Direction.FORTH, attack));
    right.dialer().receive().subscribe(new Tap(Direction.BACK, attack));
  }

  /** What the two nodes have for their connection. */
  public MemoryDuplex.Pair ends() {
    return new MemoryDuplex.Pair(left.dialer(), right.acceptor());
  }

  /** Sends anything to whoever listens in a direction. */
  public void send(Direction direction, byte[] bytes) {
    if (!silent && bytes.length > 0) {
      towards(direction).write(Unpooled.wrappedBuffer(bytes.clone()), failure -> {});
    }
  }

  /** Ends one direction as its sender would (FIN). */
  public void end(Direction direction) {
    if (!silent) {
      towards(direction).shutdownOutput();
    }
  }

  /** Breaks the connection (RST). */
  public void reset() {
    if (!silent) {
      left.acceptor().dispose();
      right.dialer().dispose();
    }
  }

  /** From now on nothing goes through, ends included. */
  public void silence() {
    silent = true;
  }

  /** Lets go of the connection. */
  public void close() {
    silent = false;
    reset();
  }

  private MemoryDuplex towards(Direction direction) {
    return direction == Direction.FORTH ? right.dialer() : left.acceptor();
  }

  private final class Tap extends BaseSubscriber<ByteBuf> {

    private final Direction direction;
    private final Attack attack;
    private byte[] pending = new byte[0];
    private int place;
    private long totlen;

    Tap(Direction direction, Attack attack) {
      this.direction = direction;
      this.attack = attack;
    }

    @Override
    protected void hookOnNext(ByteBuf bytes) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      all.writeBytes(pending);
      all.writeBytes(ByteBufUtil.getBytes(bytes));
      pending = all.toByteArray();
      for (int size = unitSize(); size <= pending.length; size = unitSize()) {
        byte[] unit = Arrays.copyOf(pending, size);
        pending = Arrays.copyOfRange(pending, size, pending.length);
        if (place > 0) {
          totlen = totlen(unit);
        }
        attack.unit(direction, place++, unit, Middle.this);
      }
    }

    private int unitSize() {
      if (place == 0) {
        return SESSION_KEY;
      }
      return pending.length < HEADER
          ? Integer.MAX_VALUE
          : HEADER + (int) (totlen(pending) - totlen + 15) / 16 * 16;
    }

    private static long totlen(byte[] frame) {
      return ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN).getLong(32);
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
