package io.fluxwire.channel;

import io.fluxwire.internal.Callbacks;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/** Who waits for the peer to take packets. All methods belong to the channel's loop. */
final class Acknowledgements {

  private record Waiter(long next, MonoSink<Void> sink) {}

  private final PriorityQueue<Waiter> waiters =
      new PriorityQueue<>(Comparator.comparingLong(Waiter::next));
  private long reached;
  private @Nullable Throwable ended;

  /** Tells a sink once the peer has taken all packets below a number. */
  void await(long next, MonoSink<Void> sink) {
    Throwable why = ended;
    if (next <= reached) {
      tell(sink, null);
    } else if (why != null) {
      tell(sink, why);
    } else {
      waiters.add(new Waiter(next, sink));
    }
  }

  void forget(MonoSink<Void> sink) {
    waiters.removeIf(waiter -> waiter.sink() == sink);
  }

  /** The peer has taken all packets below a number. */
  void completeUpTo(long next) {
    reached = Math.max(reached, next);
    for (Waiter first = waiters.peek();
        first != null && first.next() <= reached;
        first = waiters.peek()) {
      waiters.remove();
      tell(first.sink(), null);
    }
  }

  void end(Throwable why) {
    ended = why;
    waiters.forEach(waiter -> tell(waiter.sink(), why));
    waiters.clear();
  }

  private static void tell(MonoSink<Void> sink, @Nullable Throwable failure) {
    Callbacks.run(
        "who waits for an acknowledgement",
        () -> {
          if (failure == null) {
            sink.success();
          } else {
            sink.error(failure);
          }
        });
  }
}
