package io.fluxwire.session;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Acknowledges packets of a resumable channel. At most one acknowledgement is on its way to the
 * socket: of those that come meanwhile the last one follows it, so that a peer that does not read
 * makes nothing grow.
 */
final class Acknowledgements {

  private final Endpoint endpoint;

  /** The greatest that was asked for; -1 for none. */
  private final AtomicLong newest = new AtomicLong(-1);

  private final AtomicBoolean scheduled = new AtomicBoolean();

  /** The last one that was said. This and the next belong to the scheduler. */
  private long said = -1;

  private boolean unwritten;

  Acknowledgements(Endpoint endpoint) {
    this.endpoint = endpoint;
  }

  /** On any thread. A number that is not above an earlier one has no effect. */
  void acknowledge(long next) {
    newest.accumulateAndGet(next, Math::max);
    if (scheduled.compareAndSet(false, true)) {
      endpoint.execute(this::say);
    }
  }

  private void say() {
    // First, so that a number that is not seen now schedules another look.
    scheduled.set(false);
    long next = newest.get();
    if (unwritten || next <= said) {
      return;
    }
    said = next;
    unwritten = endpoint.outbound().say(control -> control.acknowledge(next), this::written);
  }

  private void written() {
    unwritten = false;
    say();
  }
}
