package io.fluxwire.fleet;

import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.internal.SerialExecutor;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import reactor.core.publisher.Mono;

/**
 * The frames of one stream to one instance. It sends the next frame once the engine has taken the
 * one before, which keeps them in order. How many wait is bounded by what its owner may send. Used
 * only in its owner's turns.
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
   * An empty outbox.
   *
   * @param whenFailed is called in a turn when the engine has not taken a frame; nothing is sent
   *     after that
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

  /**
   * As {@link #add}, but replaces the last waiting frame if that is of the same type, since it is
   * out of date.
   */
  void addLatest(Frame frame) {
    Frame last = waiting.peekLast();
    if (last != null && last.getClass() == frame.getClass()) {
      waiting.removeLast();
    }
    add(frame);
  }

  /** Drops the frames that wait. */
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
    // Sending what follows would leave a gap in the stream.
    waiting.clear();
    whenFailed.accept(failure);
  }
}
