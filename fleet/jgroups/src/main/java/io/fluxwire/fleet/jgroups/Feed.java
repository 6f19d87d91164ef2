package io.fluxwire.fleet.jgroups;

import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.FleetEngineException.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;

/**
 * What one member has to tell another one, in order. JGroups blocks whoever sends more than the
 * other takes: so this sends on a thread of its own, while there is something to send, and one
 * member that does not take anything holds up no other. Thread-safe.
 *
 * <p>What it holds is bounded: messages are refused when too many wait; of too many changes it
 * drops all, and tells everything again.
 */
final class Feed {

  /** How many messages may wait for one member. */
  static final int MAX_MESSAGES = 1_024;

  /** How many bytes of messages may wait for one member; one message may always. */
  static final long MAX_MESSAGE_BYTES = 8L << 20;

  /** How many changes may wait for one member. */
  static final int MAX_CHANGES = 16_384;

  /** How many changes go into a frame: some 40 KiB. */
  static final int BATCH = 1_000;

  private static final Logger LOG = LoggerFactory.getLogger("io.fluxwire.fleet");

  private static final String GONE = "the instance is no member any more; look the peer up again";

  private final Out out;
  private final Scheduler scheduler;

  // All guarded by this.
  private final Deque<Change> changes = new ArrayDeque<>();
  private final Deque<Waiting> messages = new ArrayDeque<>();
  private long messageBytes;
  private boolean everythingDue;
  private boolean wantDue;
  private State state = State.IDLE;

  private enum State {
    IDLE,
    SENDING,
    CLOSED
  }

  /** Where a feed's frames go. */
  interface Out {

    /**
     * Sends to the member of the feed. Blocks while that takes nothing.
     *
     * @throws Exception when the way is closed
     */
    void send(byte[] frame) throws Exception;

    /** Sends all that there is to tell, by {@link #send}. */
    void sendEverything() throws Exception;
  }

  private record Waiting(byte[] message, MonoSink<Void> sent) {}

  /**
   * Nothing to send yet.
   *
   * @param scheduler runs what blocks
   */
  Feed(Out out, Scheduler scheduler) {
    this.out = out;
    this.scheduler = scheduler;
  }

  synchronized void add(Change change) {
    if (everythingDue) {
      return;
    }
    if (changes.size() >= MAX_CHANGES) {
      tellEverything();
      return;
    }
    changes.add(change);
    wake();
  }

  /** Everything is to be told: also what was told before. */
  synchronized void tellEverything() {
    everythingDue = true;
    changes.clear();
    wake();
  }

  /** Asks the member to tell everything. */
  synchronized void askForEverything() {
    wantDue = true;
    wake();
  }

  /**
   * Sends a message.
   *
   * @return completes when JGroups has taken it
   */
  Mono<Void> send(byte[] message) {
    return Mono.create(
        sink -> {
          FleetEngineException refusal = queue(new Waiting(message, sink));
          if (refusal != null) {
            sink.error(refusal);
          }
        });
  }

  private synchronized @Nullable FleetEngineException queue(Waiting message) {
    if (state == State.CLOSED) {
      return new FleetEngineException(Kind.NO_MEMBER, GONE, null);
    }
    int size = message.message.length;
    if (messages.size() >= MAX_MESSAGES
        || (!messages.isEmpty() && messageBytes + size > MAX_MESSAGE_BYTES)) {
      return new FleetEngineException(
          Kind.UNREACHABLE,
          "%,d messages of %,d bytes wait for the instance, which takes none; send fewer at a time"
              .formatted(messages.size(), messageBytes),
          null);
    }
    messages.add(message);
    messageBytes += size;
    wake();
    return null;
  }

  private void wake() {
    if (state != State.IDLE) {
      return;
    }
    state = State.SENDING;
    try {
      scheduler.schedule(this::sendAll);
    } catch (RejectedExecutionException e) {
      // The link has been left: nobody is there to send.
      close();
    }
  }

  /** The member is gone: what waits is not sent. */
  void close() {
    List<Waiting> unsent;
    synchronized (this) {
      state = State.CLOSED;
      changes.clear();
      unsent = List.copyOf(messages);
      messages.clear();
      messageBytes = 0;
    }
    for (Waiting waiting : unsent) {
      waiting.sent.error(new FleetEngineException(Kind.NO_MEMBER, GONE, null));
    }
  }

  /** Takes turns, so that neither many changes nor many messages hold up the others. */
  private void sendAll() {
    try {
      while (isThereMore()) {
        sendChanges();
        sendMessage();
      }
    } catch (Exception e) {
      // JGroups throws only when its channel is closed.
      LOG.debug("nothing can be sent any more", e);
      close();
    }
  }

  private synchronized boolean isThereMore() {
    if (state == State.CLOSED) {
      return false;
    }
    boolean more = everythingDue || wantDue || !changes.isEmpty() || !messages.isEmpty();
    state = more ? State.SENDING : State.IDLE;
    return more;
  }

  private void sendChanges() throws Exception {
    boolean want;
    boolean everything;
    List<Change> batch = new ArrayList<>();
    synchronized (this) {
      want = wantDue;
      wantDue = false;
      everything = everythingDue;
      everythingDue = false;
      while (batch.size() < BATCH && !changes.isEmpty()) {
        batch.add(changes.poll());
      }
    }
    if (want) {
      out.send(Frames.want());
    }
    if (everything) {
      out.sendEverything();
    }
    if (!batch.isEmpty()) {
      out.send(Frames.changes(batch));
    }
  }

  private void sendMessage() throws Exception {
    Waiting next;
    synchronized (this) {
      next = messages.poll();
      if (next == null) {
        return;
      }
      messageBytes -= next.message.length;
    }
    try {
      out.send(Frames.message(next.message));
    } catch (Exception e) {
      next.sent.error(new FleetEngineException(Kind.LEFT, "the fleet was left; join again", e));
      throw e;
    }
    next.sent.success();
  }
}
