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
   * What was handed over goes out, and nothing else but why.
   *
   * @param last the payload that says why; null where the last record does
   * @param cause why
   */
  record DrainAndTell(@Nullable LastPayload last, PeerException cause) implements Telling {
    @Override
    public int rank() {
      return 3;
    }
  }

  /**
   * What waits is dropped in favour of one last payload, which says why; or of no payload, where
   * the last record says so.
   *
   * @param last the payload; null where the last record says why
   * @param cause why
   */
  record Replace(@Nullable LastPayload last, PeerException cause) implements Telling {

    Replace(ByteBuf payload, PeerException cause) {
      this(new LastPayload(payload), cause);
    }

    @Override
    public int rank() {
      return 4;
    }
  }

  /** An end that the peer is told of. */
  sealed interface Telling extends SendEnd permits DrainAndTell, Replace {

    /** The payload that says why; null where the last record does. */
    @Nullable LastPayload last();
  }

  /** A payload behind all others. */
  final class LastPayload {

    private final AtomicReference<@Nullable ByteBuf> payload;

    LastPayload(ByteBuf payload) {
      this.payload = new AtomicReference<>(payload);
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
      return 5;
    }
  }
}
