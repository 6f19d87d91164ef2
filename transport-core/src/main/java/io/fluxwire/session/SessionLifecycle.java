package io.fluxwire.session;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Decides how a session ends: what it is in, what an event makes of that, and what is to be done
 * then. It has no buffers and no timers. The first reason is the one that counts, but for a fault
 * while this side closes in good order: that end was not good.
 *
 * <p>A row for each state, a column for each event, and in each cell the next state, a star if the
 * event becomes the reason of the end, and what is done; a dash where nothing happens:
 *
 * <pre>
 * STATE     | CLOSE           | CLOSE_WITH_ERROR        | DISPOSE         | PEER_ENDED | HEARD                     | FAULT           | EXHAUSTED       | OVERDUE        | GONE
 * OPEN      | DRAINING* DRAIN | TELLING* DRAIN_AND_TELL | ABORTING* ABORT | UNHEARD* - | -                         | FAILING* FAIL   | FAILING* FAIL   | -              | CLOSED* RELEASE
 * UNHEARD   | -               | TELLING* DRAIN_AND_TELL | ABORTING ABORT  | -          | ANSWERING DRAIN_WHEN_IDLE | -               | ABORTING ABORT  | -              | CLOSED RELEASE
 * ANSWERING | -               | TELLING* DRAIN_AND_TELL | ABORTING ABORT  | -          | -                         | -               | ABORTING ABORT  | ABORTING ABORT | CLOSED RELEASE
 * DRAINING  | -               | -                       | ABORTING ABORT  | -          | -                         | ABORTING* ABORT | ABORTING* ABORT | ABORTING ABORT | CLOSED RELEASE
 * TELLING   | -               | -                       | ABORTING ABORT  | -          | -                         | ABORTING ABORT  | ABORTING ABORT  | ABORTING ABORT | CLOSED RELEASE
 * FAILING   | -               | -                       | ABORTING ABORT  | -          | -                         | -               | -               | ABORTING ABORT | CLOSED RELEASE
 * ABORTING  | -               | -                       | -               | -          | -                         | -               | -               | -              | CLOSED RELEASE
 * CLOSED    | -               | -                       | -               | -          | -                         | -               | -               | -              | -
 * </pre>
 */
final class SessionLifecycle {

  /** What a session is in. */
  enum State {
    /** Packets come and go. */
    OPEN,
    /** The peer has ended in good order, and whoever receives has not heard of it. */
    UNHEARD,
    /** The peer has ended in good order, and sends may still answer what it asked last. */
    ANSWERING,
    /** This side ends in good order: what was handed over goes out, the peer's end is awaited. */
    DRAINING,
    /**
     * This side ends with an error: what was handed over goes out, and the peer is told behind it.
     */
    TELLING,
    /** A fault was seen, and the peer is being told if it caused it. */
    FAILING,
    /** All is dropped, and the connection is being closed. What breaks now is no news. */
    ABORTING,
    /** The connection is gone. */
    CLOSED
  }

  /** What happens to a session. */
  enum Event {
    /** The application closes in good order. */
    CLOSE,
    /** The application failed, and wants the peer to know. */
    CLOSE_WITH_ERROR,
    /** The application wants no more of it. */
    DISPOSE,
    /** The peer's stream ended in good order. */
    PEER_ENDED,
    /** Whoever receives has heard that, or nobody does. */
    HEARD,
    /** Something broke, or somebody broke a rule. */
    FAULT,
    /** Other connections need the memory that this one holds. */
    EXHAUSTED,
    /** What was begun has taken too long. */
    OVERDUE,
    /** The connection is gone in both directions. */
    GONE
  }

  /** What is to be done about it. */
  enum Action {
    /** Nothing. */
    NONE,
    /** What was handed over goes out, and the stream ends. */
    DRAIN,
    /** As {@link #DRAIN}, once no send is under way. */
    DRAIN_WHEN_IDLE,
    /** As {@link #DRAIN}, and the peer is told why behind it. */
    DRAIN_AND_TELL,
    /** Decide whether to tell the peer. */
    FAIL,
    /** Drop all, now. */
    ABORT,
    /** Give back what the session holds. */
    RELEASE
  }

  /** A cell of the table. */
  record Step(State next, boolean decides, Action action) {}

  /** Who does what is decided; called on the thread of the event, once for each step. */
  interface Actions {

    /** {@link Action#DRAIN}. */
    void drain(PeerException cause);

    /** {@link Action#DRAIN_WHEN_IDLE}. */
    void drainWhenIdle(PeerException cause);

    /** {@link Action#DRAIN_AND_TELL}. */
    void drainAndTell(PeerException cause);

    /** A fault became the reason of the end; before what is done about it. */
    void faultSeen(PeerException fault);

    /** {@link Action#FAIL}. */
    void fail(PeerException fault);

    /** {@link Action#ABORT}. */
    void abort(PeerException cause);

    /** {@link Action#RELEASE}. */
    void release(PeerException cause);
  }

  private static final CloseReason BY_PEER = new CloseReason(Reason.CLOSED_BY_PEER, null);
  private static final CloseReason LOCAL = new CloseReason(Reason.CLOSED_LOCALLY, null);

  private static final Step TELL = new Step(State.TELLING, true, Action.DRAIN_AND_TELL);

  /** Where it is now, and why it ends; null as long as that is not decided. */
  private record Position(State state, @Nullable CloseReason reason) {}

  private final AtomicReference<Position> position =
      new AtomicReference<>(new Position(State.OPEN, null));

  /**
   * Comes first: a subscriber that comes late to a sink that is emitting is told ahead of earlier
   * ones, and an application that knows of the end would not find it in its meters and traces.
   */
  private final Sinks.One<CloseReason> released = Sinks.one();

  private final Sinks.One<CloseReason> closed = Sinks.one();
  private final Actions actions;

  SessionLifecycle(Actions actions) {
    this.actions = actions;
  }

  /** The table. */
  static Step step(State state, Event event) {
    return switch (state) {
      case OPEN ->
          switch (event) {
            case CLOSE -> new Step(State.DRAINING, true, Action.DRAIN);
            case CLOSE_WITH_ERROR -> TELL;
            case DISPOSE -> new Step(State.ABORTING, true, Action.ABORT);
            case PEER_ENDED -> new Step(State.UNHEARD, true, Action.NONE);
            case FAULT, EXHAUSTED -> new Step(State.FAILING, true, Action.FAIL);
            case GONE -> new Step(State.CLOSED, true, Action.RELEASE);
            case HEARD, OVERDUE -> stay(state);
          };
      case UNHEARD ->
          switch (event) {
            case HEARD -> new Step(State.ANSWERING, false, Action.DRAIN_WHEN_IDLE);
            case CLOSE_WITH_ERROR -> TELL;
            case DISPOSE, EXHAUSTED -> new Step(State.ABORTING, false, Action.ABORT);
            case GONE -> new Step(State.CLOSED, false, Action.RELEASE);
            case CLOSE, PEER_ENDED, FAULT, OVERDUE -> stay(state);
          };
      case ANSWERING ->
          switch (event) {
            case CLOSE_WITH_ERROR -> TELL;
            case DISPOSE, EXHAUSTED, OVERDUE -> new Step(State.ABORTING, false, Action.ABORT);
            case GONE -> new Step(State.CLOSED, false, Action.RELEASE);
            case CLOSE, PEER_ENDED, HEARD, FAULT -> stay(state);
          };
      case DRAINING ->
          switch (event) {
            case FAULT, EXHAUSTED -> new Step(State.ABORTING, true, Action.ABORT);
            case DISPOSE, OVERDUE -> new Step(State.ABORTING, false, Action.ABORT);
            case GONE -> new Step(State.CLOSED, false, Action.RELEASE);
            case CLOSE, CLOSE_WITH_ERROR, PEER_ENDED, HEARD -> stay(state);
          };
      case TELLING ->
          switch (event) {
            // The peer closes when it hears, which may look like a fault.
            case DISPOSE, FAULT, EXHAUSTED, OVERDUE ->
                new Step(State.ABORTING, false, Action.ABORT);
            case GONE -> new Step(State.CLOSED, false, Action.RELEASE);
            case CLOSE, CLOSE_WITH_ERROR, PEER_ENDED, HEARD -> stay(state);
          };
      case FAILING ->
          switch (event) {
            case DISPOSE, OVERDUE -> new Step(State.ABORTING, false, Action.ABORT);
            case GONE -> new Step(State.CLOSED, false, Action.RELEASE);
            case CLOSE, CLOSE_WITH_ERROR, PEER_ENDED, HEARD, FAULT, EXHAUSTED -> stay(state);
          };
      case ABORTING ->
          event == Event.GONE ? new Step(State.CLOSED, false, Action.RELEASE) : stay(state);
      case CLOSED -> stay(state);
    };
  }

  private static Step stay(State state) {
    return new Step(state, false, Action.NONE);
  }

  /** The application closes in good order. */
  void close() {
    on(Event.CLOSE, LOCAL, null);
  }

  /** The application failed, and wants the peer to know. */
  void closeWithError(ConnectionClosedException error) {
    on(Event.CLOSE_WITH_ERROR, CloseReason.of(error), error);
  }

  /** The application wants no more of it. */
  void dispose() {
    on(Event.DISPOSE, LOCAL, SendQueue.closed(Reason.CLOSED_LOCALLY));
  }

  /** The peer's stream ended where it may, which its receiver is about to hear. */
  void peerEnded(Reason why) {
    on(Event.PEER_ENDED, new CloseReason(why, null), null);
  }

  /** The receiver has heard of the peer's end, if there was one, or there is no receiver. */
  void peerEndHeard() {
    on(Event.HEARD, BY_PEER, null);
  }

  /** Something broke, or somebody broke a rule. */
  void fail(PeerException fault) {
    on(Event.FAULT, CloseReason.of(fault), fault);
  }

  /** Others wait for what it holds, so that it does not even drain after its peer's end. */
  void exhausted(PeerException fault) {
    on(Event.EXHAUSTED, CloseReason.of(fault), fault);
  }

  /** What was begun has taken too long. */
  void overdue() {
    on(Event.OVERDUE, LOCAL, null);
  }

  /** The connection is gone in both directions. */
  void gone() {
    on(
        Event.GONE,
        CloseReason.of(
            new ConnectionClosedException(Reason.CONNECTION_LOST, SessionFailures.BROKEN_OFF)),
        null);
  }

  private void on(Event event, CloseReason reason, @Nullable PeerException cause) {
    Position before;
    Position after;
    Step step;
    do {
      before = now();
      step = step(before.state(), event);
      after = new Position(step.next(), step.decides() ? reason : before.reason());
    } while (!position.compareAndSet(before, after));
    if (step.decides() && cause != null && event != Event.DISPOSE) {
      actions.faultSeen(cause);
    }
    CloseReason why = after.reason();
    if (why != null) {
      act(step.action(), why, cause == null ? SessionFailures.ofSends(why) : cause);
    }
  }

  private void act(Action action, CloseReason why, PeerException cause) {
    switch (action) {
      case NONE -> {}
      case DRAIN -> actions.drain(cause);
      case DRAIN_WHEN_IDLE -> actions.drainWhenIdle(cause);
      case DRAIN_AND_TELL -> actions.drainAndTell(cause);
      case FAIL -> actions.fail(cause);
      case ABORT -> actions.abort(cause);
      case RELEASE -> {
        actions.release(cause);
        released.tryEmitValue(why);
        closed.tryEmitValue(why);
      }
    }
  }

  private Position now() {
    return Objects.requireNonNull(position.get());
  }

  State state() {
    return now().state();
  }

  /** Why it ends; null as long as that is not decided. */
  @Nullable CloseReason reason() {
    return now().reason();
  }

  /** Emits once it is closed, before anybody is told by {@link #onClose()}: for our own parts. */
  Mono<CloseReason> onRelease() {
    return released.asMono();
  }

  /** Emits once it is closed. */
  Mono<CloseReason> onClose() {
    return closed.asMono();
  }
}
