package io.fluxwire.fleet;

import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.internal.SerialExecutor;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import reactor.core.publisher.Mono;

/**
 * The frames of one stream to one instance, one after the other: their order is that in which the
 * engine has taken them. How many wait is bounded by what its owner may send. Belongs to the turns
 * of its owner.
 */
final class FrameOutbox {

  private final Bus bus;
  private final InstanceId to;
  private final SerialExecutor serial;
  private final Consumer<Throwable> whenFailed;
  private final Deque<Frame> waiting = new ArrayDeque<>();
  private boolean sending;
  private long taken;

  /**
   * An empty one.
   *
   * @param whenFailed is told, in a turn, that the engine has not taken a frame; nothing is sent
   *     after it
   */
  FrameOutbox(Bus bus, InstanceId to, SerialExecutor serial, Consumer<Throwable> whenFailed) {
    this.bus = bus;
    this.to = to;
    this.serial = serial;
    this.whenFailed = whenFailed;
  }

  InstanceId to() {
    return to;
  }

  /** How many frames the engine has taken. */
  long taken() {
    return taken;
  }

  void add(Frame frame) {
    waiting.add(frame);
    advance();
  }

  /** As {@link #add}, in place of a frame of the same kind that waits last, which it outdates. */
  void addLatest(Frame frame) {
    Frame last = waiting.peekLast();
    if (last != null && last.getClass() == frame.getClass()) {
      waiting.removeLast();
    }
    add(frame);
  }

  /** Drops what waits. */
  void clear() {
    waiting.clear();
  }

  private void advance() {
    if (sending || waiting.isEmpty()) {
      return;
    }
    sending = true;
    Frame next = waiting.remove();
    Mono.defer(() -> bus.send(to, FleetFrames.encode(next)))
        .subscribe(
            null,
            failure -> serial.execute(() -> failed(failure)),
            () -> serial.execute(this::sent));
  }

  private void sent() {
    sending = false;
    taken++;
    advance();
  }

  private void failed(Throwable failure) {
    // What follows would come without it.
    waiting.clear();
    whenFailed.accept(failure);
  }
}
