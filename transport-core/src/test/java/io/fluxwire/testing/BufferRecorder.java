package io.fluxwire.testing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

/** Copies what it is lent or given, and asks for nothing by itself. */
public final class BufferRecorder extends BaseSubscriber<ByteBuf> {

  private final boolean owns;
  private final List<byte[]> received = new CopyOnWriteArrayList<>();
  private volatile Throwable error;
  private volatile boolean completed;

  private BufferRecorder(boolean owns) {
    this.owns = owns;
  }

  /** Its buffers are released by who sent them. */
  public static BufferRecorder borrowing() {
    return new BufferRecorder(false);
  }

  /** Its buffers are its own to release. */
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

  /** What came, in order. */
  public List<byte[]> received() {
    return received;
  }

  /** The error, or null. */
  public Throwable error() {
    return error;
  }

  /** Whether the end came in good order. */
  public boolean isCompleted() {
    return completed;
  }
}
