package io.fluxwire.session;

import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import io.fluxwire.duplex.ByteDuplex;
import io.fluxwire.frame.ByteBudget;
import io.fluxwire.frame.Frames;
import io.fluxwire.timeout.RefreshableTimeout;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;

/**
 * Writes sealed frames to the duplex: frames of one turn of the event loop together, each frame in
 * one write (protocol.md section 3). Asks for the next frame while less than {@link #WINDOW} bytes
 * are on their way to the socket. Everything runs on the duplex's scheduler.
 */
final class FrameWriter implements CoreSubscriber<ByteBuf> {

  /** Ciphertext handed to the transport and not written yet: 256 KiB, and one frame more. */
  static final int WINDOW = 256 * 1024;

  /** While the budget is used up: with a frame more, it is not counted. */
  private static final int SMALL_WINDOW = ByteBudget.UNCOUNTED / 2;

  /** A frame of a payload that is not counted. */
  private static final int UNCOUNTED = ByteBudget.UNCOUNTED + Frames.HEADER_SIZE;

  private static final long NANOS_PER_QUARTER_MIB = 1_000_000_000L;

  private final ByteDuplex duplex;
  private final LongConsumer written;
  private final Runnable drained;
  private final Consumer<Throwable> failed;
  private final ByteBudget.@Nullable Share share;
  private final @Nullable RefreshableTimeout stall;
  private final long stallNanos;

  private @Nullable Subscription frames;

  /** Frames that wait for the end of this turn. */
  private final FrameBatch batch;

  private boolean flushScheduled;
  private long accepted;
  private long outstanding;

  /** What the budget knows of it. */
  private long counted;

  /** As {@link #outstanding}, without the frames that wait for the end of this turn. */
  private long handed;

  /** What was accepted since the event loop last looked after others. */
  private long inARow;

  private boolean deferred;
  private boolean completed;
  private boolean broken;

  /**
   * What the writer tells.
   *
   * @param writeTimeout how long the transport may take nothing; zero for ever
   * @param share what the connection holds of its budget; null for no budget
   * @param written the number of frames on the wire, each time that it grows
   * @param drained the frames have completed and all are on the wire
   * @param failed sealing or writing failed; called once
   */
  FrameWriter(
      ByteDuplex duplex,
      Duration writeTimeout,
      ByteBudget.@Nullable Share share,
      LongConsumer written,
      Runnable drained,
      Consumer<Throwable> failed) {
    this.duplex = duplex;
    this.batch = new FrameBatch(duplex.allocator());
    this.share = share;
    this.written = written;
    this.drained = drained;
    this.failed = failed;
    this.stallNanos = writeTimeout.toNanos();
    this.stall =
        writeTimeout.isZero()
            ? null
            : RefreshableTimeout.suspended(duplex.scheduler(), writeTimeout, this::stalled);
  }

  @Override
  public void onSubscribe(Subscription s) {
    frames = s;
    s.request(1);
  }

  @Override
  public void onNext(ByteBuf frame) {
    outstanding += frame.readableBytes();
    if (broken) {
      accepted++;
      frame.release();
      return;
    }
    inARow += frame.readableBytes();
    count();
    append(frame);
    requestIfRoom();
  }

  private void append(ByteBuf frame) {
    if (!batch.hasRoomFor(frame)) {
      flush();
    }
    // Not before: what is flushed is told by this count.
    accepted++;
    batch.add(frame);
    scheduleFlush();
  }

  private void scheduleFlush() {
    if (!flushScheduled) {
      flushScheduled = true;
      duplex
          .scheduler()
          .schedule(
              () -> {
                flushScheduled = false;
                flush();
              });
    }
  }

  private void flush() {
    if (batch.isEmpty()) {
      return;
    }
    ByteBuf ready = batch.take();
    int bytes = ready.readableBytes();
    long upTo = accepted;
    boolean first = handed == 0;
    handed += bytes;
    if (first) {
      awaitProgress();
    }
    duplex.write(ready, failure -> whenWritten(bytes, upTo, failure));
  }

  private void whenWritten(int bytes, long upTo, @Nullable Throwable failure) {
    if (failure != null) {
      fail(failure);
      return;
    }
    outstanding -= bytes;
    handed -= bytes;
    if (share != null && counted > 0) {
      share.written();
    }
    count();
    awaitProgress();
    written.accept(upTo);
    requestIfRoom();
    tellIfDrained();
  }

  /** By the window: the budget does not hear of each packet. */
  private void count() {
    ByteBudget.Share counting = share;
    if (counting == null) {
      return;
    }
    long now = outstanding <= UNCOUNTED ? 0 : Math.max(WINDOW, outstanding);
    if (now != counted) {
      counted = now;
      counting.writing(now);
    }
  }

  private void awaitProgress() {
    RefreshableTimeout running = stall;
    if (running == null) {
      return;
    }
    if (handed == 0) {
      running.suspend();
    } else {
      running.refresh(stallNanos + handed * NANOS_PER_QUARTER_MIB / (256 * 1024));
    }
  }

  private void stalled() {
    fail(
        new PeerTimeoutException(
            Reason.WRITE_STALLED,
            "the peer has taken nothing for a while of %,d bytes that are on their way"
                .formatted(handed)));
  }

  private void requestIfRoom() {
    Subscription s = frames;
    // At most one request is open, so a window is passed by one frame at most.
    if (s == null || completed || broken || isWindowFull() || requestOpen()) {
      return;
    }
    if (inARow >= WINDOW) {
      // A peer that takes all at once would have the event loop for itself.
      defer();
      return;
    }
    requestedFrames++;
    s.request(1);
  }

  private boolean isWindowFull() {
    return outstanding >= WINDOW
        || (outstanding >= SMALL_WINDOW && share != null && share.isExhausted());
  }

  private void defer() {
    if (!deferred) {
      deferred = true;
      duplex.defer(
          () -> {
            deferred = false;
            inARow = 0;
            requestIfRoom();
          });
    }
  }

  private long requestedFrames = 1;

  private boolean requestOpen() {
    return requestedFrames > accepted;
  }

  @Override
  public void onError(Throwable t) {
    fail(t);
  }

  @Override
  public void onComplete() {
    completed = true;
    flush();
    tellIfDrained();
  }

  private void tellIfDrained() {
    if (completed && outstanding == 0 && !broken) {
      stopWatching();
      drained.run();
    }
  }

  /** The bytes of frames that are not on the wire; after a failure, those that never were. */
  long outstanding() {
    return outstanding;
  }

  private void fail(Throwable failure) {
    if (broken) {
      return;
    }
    broken = true;
    stopWatching();
    batch.release();
    failed.accept(failure);
  }

  /** A timer that runs on would keep the session in memory until it fires. */
  private void stopWatching() {
    RefreshableTimeout running = stall;
    if (running != null) {
      running.dispose();
    }
  }
}
