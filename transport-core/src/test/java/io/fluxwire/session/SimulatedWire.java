package io.fluxwire.session;

import io.fluxwire.testing.MemoryDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.scheduler.Scheduler;

/**
 * A connection between two nodes that moves bytes in other pieces than they were written in, and
 * later, with one pause and at most one fault.
 */
final class SimulatedWire {

  /** What goes wrong. */
  enum Fault {
    NONE,
    /** Both ends break, and what is under way the other way is lost. */
    RESET,
    /** One way, the stream ends, and what is written from then on is lost. */
    END,
    /** Nothing goes through any more, and nobody is told. */
    SILENCE,
    /** A bit is changed. */
    FLIP,
    /** A byte is missing. */
    DROP,
    /** What came before comes again. */
    REPLAY
  }

  /** Where it goes wrong: after so many bytes, or so many writes, from or to the dialer. */
  record Place(boolean forth, boolean ofWrites, int at) {}

  /** Above this many bytes under way, nothing more is taken. */
  private static final int CAPACITY = 20_000;

  /** Short enough for a handshake and for a close to outlast it. */
  private static final int PAUSE_MILLIS = 1_000;

  private final SimulatedPlan plan;
  private final Scheduler time;
  private final Random random;
  private final MemoryDuplex.Pair left;
  private final MemoryDuplex.Pair right;

  /** How many pieces go before the pause. */
  private int untilPause;

  private boolean silent;
  private long failedAt = -1;

  /**
   * Moves nothing yet.
   *
   * @param nodes runs the nodes' ends
   * @param time runs what is between them
   */
  SimulatedWire(
      SimulatedPlan plan,
      Scheduler nodes,
      Scheduler time,
      ByteBufAllocator allocator,
      Random random) {
    this.plan = plan;
    this.time = time;
    this.random = random;
    untilPause = random.nextInt(1_000);
    left = MemoryDuplex.pair(nodes, allocator);
    right = MemoryDuplex.pair(nodes, allocator);
  }

  void start() {
    boolean forth = plan.place().forth();
    new Lane(left.acceptor(), right.dialer(), forth).start();
    new Lane(right.dialer(), left.acceptor(), !forth).start();
  }

  MemoryDuplex dialer() {
    return left.dialer();
  }

  MemoryDuplex acceptor() {
    return right.acceptor();
  }

  /** When the fault took effect, in milliseconds of virtual time; negative if it has not. */
  long failedAt() {
    return failedAt;
  }

  boolean hasFailed() {
    return failedAt >= 0;
  }

  void reset() {
    left.acceptor().dispose();
    right.dialer().dispose();
  }

  /** One direction. */
  private final class Lane extends BaseSubscriber<ByteBuf> {

    private final MemoryDuplex from;
    private final MemoryDuplex to;
    private final boolean fails;
    private byte[] carried = new byte[0];
    private byte[] last = new byte[0];
    private int bytesSeen;
    private int writesSeen;
    private boolean asked;
    private boolean moving;

    /** What happens once all that is carried has arrived; nothing more is carried then. */
    private @Nullable Runnable end;

    Lane(MemoryDuplex from, MemoryDuplex to, boolean fails) {
      this.from = from;
      this.to = to;
      this.fails = fails && plan.fault() != Fault.NONE;
    }

    void start() {
      from.receive().subscribe(this);
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      ask();
    }

    private void ask() {
      asked = true;
      request(1);
    }

    @Override
    protected void hookOnNext(ByteBuf buffer) {
      asked = false;
      byte[] bytes = ByteBufUtil.getBytes(buffer);
      if (end == null) {
        byte[] passed = fails ? withFault(bytes) : bytes;
        bytesSeen += bytes.length;
        writesSeen++;
        last = bytes;
        carried = concat(carried, passed);
      }
      goOn();
    }

    private byte[] withFault(byte[] bytes) {
      Place place = plan.place();
      int at = place.at() - (place.ofWrites() ? writesSeen : bytesSeen);
      if (at < 0 || at >= (place.ofWrites() ? 1 : bytes.length)) {
        return bytes;
      }
      byte[] before = Arrays.copyOf(bytes, at);
      byte[] after = tail(bytes, at);
      switch (plan.fault()) {
        case FLIP -> {
          failed();
          after[0] ^= (byte) (1 << random.nextInt(8));
        }
        case DROP -> {
          failed();
          after = tail(after, 1);
        }
        case REPLAY -> {
          failed();
          after = concat(at == 0 ? last : before, after);
        }
        default -> {
          end = this::fail;
          return before;
        }
      }
      return concat(before, after);
    }

    private void failed() {
      failedAt = time.now(TimeUnit.MILLISECONDS);
    }

    private void fail() {
      failed();
      switch (plan.fault()) {
        case RESET -> reset();
        case SILENCE -> silent = true;
        default -> to.shutdownOutput();
      }
    }

    private void goOn() {
      if (silent) {
        return;
      }
      if (!asked && carried.length < CAPACITY) {
        ask();
      }
      if (moving) {
        return;
      }
      if (carried.length > 0) {
        moving = true;
        time.schedule(this::move, delay(), TimeUnit.MILLISECONDS);
      } else if (end != null) {
        moving = true;
        end.run();
      }
    }

    private int delay() {
      return untilPause-- == 0 ? PAUSE_MILLIS : random.nextInt(3) * random.nextInt(plan.delay());
    }

    private void move() {
      if (silent) {
        return;
      }
      int size = Math.min(carried.length, 1 + random.nextInt(plan.piece()));
      byte[] piece = Arrays.copyOf(carried, size);
      carried = tail(carried, size);
      to.write(
          Unpooled.wrappedBuffer(piece),
          failure -> {
            moving = false;
            goOn();
          });
    }

    @Override
    protected void hookOnComplete() {
      asked = true;
      if (end == null) {
        end = to::shutdownOutput;
      }
      goOn();
    }

    @Override
    protected void hookOnError(Throwable broken) {
      if (!silent) {
        reset();
      }
    }
  }

  private static byte[] tail(byte[] bytes, int from) {
    return Arrays.copyOfRange(bytes, from, bytes.length);
  }

  private static byte[] concat(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
