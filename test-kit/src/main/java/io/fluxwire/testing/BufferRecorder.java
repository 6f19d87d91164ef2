package io.fluxwire.testing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

/**
 * A subscriber that keeps a copy of each buffer for a test to inspect. It requests nothing by
 * itself.
 */
public final class BufferRecorder extends BaseSubscriber<ByteBuf> {

  private final boolean owns;
  private final List<byte[]> received = new CopyOnWriteArrayList<>();
  private volatile @Nullable Throwable error;
  private volatile boolean completed;

  private BufferRecorder(boolean owns) {
    this.owns = owns;
  }

  /** For a publisher that releases what it emits, as {@code receive()} does. */
  public static BufferRecorder borrowing() {
    return new BufferRecorder(false);
  }

  /**
   * For a publisher whose buffers belong to the subscriber: each one is released here once it is
   * copied.
   */
  public static BufferRecorder owning() {
    return new BufferRecorder(true);
  }

  @Override
  protected void hookOnSubscribe(Subscription subscription) {
    // No demand until a test asks.
  }

  @Override
  protected void hookOnNext(ByteBuf buffer) {
    received.add(ByteBufUtil.getBytes(buffer));
    if (owns) {
      buffer.release();
    }
  }

  @Override
  protected void hookOnComplete() {
    completed = true;
  }

  @Override
  protected void hookOnError(Throwable throwable) {
    error = throwable;
  }

  /**
   * Copies of the buffers that were emitted, in order; the list grows while the publisher emits.
   */
  public List<byte[]> received() {
    return received;
  }

  /** The publisher's error, or null if there was none. */
  public @Nullable Throwable error() {
    return error;
  }

  /** Whether the publisher has completed. */
  public boolean isCompleted() {
    return completed;
  }
}
