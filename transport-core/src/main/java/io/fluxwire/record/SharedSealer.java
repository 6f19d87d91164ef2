package io.fluxwire.record;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A sealer that is destroyed from any thread: a cancel may come in the middle of {@link #seal}, and
 * a record under wiped keys would be readable by anyone.
 */
final class SharedSealer {

  private enum State {
    IDLE,
    SEALING,
    DESTROYED
  }

  private final RecordSealer sealer;
  private final AtomicReference<State> state = new AtomicReference<>(State.IDLE);

  SharedSealer(RecordSealer sealer) {
    this.sealer = sealer;
  }

  /**
   * Seals one payload, and releases it.
   *
   * @return its records, the caller's; null when this was destroyed meanwhile
   */
  @Nullable ByteBuf seal(ByteBuf payload) {
    if (!state.compareAndSet(State.IDLE, State.SEALING)) {
      payload.release();
      return null;
    }
    ByteBuf records = null;
    try {
      sealer.add(payload);
      records = sealer.flush();
    } finally {
      if (!state.compareAndSet(State.SEALING, State.IDLE)) {
        sealer.destroy();
        if (records != null) {
          records.release();
          records = null;
        }
      }
    }
    return records;
  }

  /** Destroys the keys; at once, or when the payload at hand is done. */
  void destroy() {
    if (state.getAndSet(State.DESTROYED) == State.IDLE) {
      sealer.destroy();
    }
  }
}
