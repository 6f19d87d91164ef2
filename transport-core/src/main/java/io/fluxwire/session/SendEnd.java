package io.fluxwire.session;

import io.fluxwire.PeerException;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** How the sends of a connection end. A later one replaces an earlier one only if it is harder. */
sealed interface SendEnd {

  /**
   * Why.
   *
   * @return what sends error with that are not done by then, and later ones
   */
  PeerException cause();

  /** The gentlest has the lowest. */
  int rank();

  /** What was handed over goes out; the rest of a source is awaited, and new sends are taken. */
  record DrainWhenIdle(PeerException cause) implements SendEnd {
    @Override
    public int rank() {
      return 1;
    }
  }

  /** What was handed over goes out, and nothing else. */
  record Drain(PeerException cause) implements SendEnd {
    @Override
    public int rank() {
      return 2;
    }
  }

  /**
   * What waits is dropped in favour of one last payload, which says why; or of no payload, where
   * the last record says so.
   */
  final class Replace implements SendEnd {

    private final AtomicReference<@Nullable ByteBuf> payload;
    private final PeerException cause;

    Replace(@Nullable ByteBuf payload, PeerException cause) {
      this.payload = new AtomicReference<>(payload);
      this.cause = cause;
    }

    @Override
    public PeerException cause() {
      return cause;
    }

    @Override
    public int rank() {
      return 3;
    }

    /** Whether there is a payload that nobody has taken. */
    boolean hasPayload() {
      return payload.get() != null;
    }

    /** The payload, of whoever takes it first; null for all others. */
    @Nullable ByteBuf take() {
      return payload.getAndSet(null);
    }

    /** Nobody sends it any more. */
    void release() {
      ByteBuf left = take();
      if (left != null) {
        left.release();
      }
    }
  }

  /** All that waits is dropped, now. */
  record Abort(PeerException cause) implements SendEnd {
    @Override
    public int rank() {
      return 4;
    }
  }
}
