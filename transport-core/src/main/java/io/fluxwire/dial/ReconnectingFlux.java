package io.fluxwire.dial;

import io.fluxwire.CloseReason;
import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.internal.Isolated;
import io.fluxwire.observe.dial.ReconnectObserver;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/**
 * A connection publisher: dials while there is demand, and again after a connection's end. By hand,
 * since Reactor's {@code repeat} and {@code retry} start the next round without asking for demand,
 * and drop a connection that arrives together with the cancel.
 *
 * <p>Each subscription is a state machine of its own:
 *
 * <pre>
 * STATE              | leads to, and when
 * New                | AwaitingTurn: demand, and the budget is used up. AwaitingPermission: demand
 * AwaitingTurn       | AwaitingPermission: its turn has come
 * AwaitingPermission | Dialing: permitted
 * Dialing            | Connected: the round is won. BackingOff: the round failed
 * Connected          | BackingOff: the connection ended
 * BackingOff         | AwaitingPermission: the delay is over. Idle: so it is, and there is no demand
 * Idle               | AwaitingPermission: demand
 * </pre>
 *
 * <p>Each leads to Ended, too: when it is cancelled, when a failure comes that another attempt
 * cannot cure, and when code of the application's throws.
 */
final class ReconnectingFlux<P> extends Flux<PeerConnection<P>> {

  private final Dial<P> dial;
  private final ReconnectSpec reconnect;
  private final Publisher<?> permission;

  /**
   * A connection publisher.
   *
   * @param dial one round
   * @param reconnect when there is another one
   * @param permission subscribed to before each round, which starts when it completes
   */
  ReconnectingFlux(Dial<P> dial, ReconnectSpec reconnect, Publisher<?> permission) {
    this.dial = dial;
    this.reconnect = reconnect;
    this.permission = permission;
  }

  @Override
  public void subscribe(CoreSubscriber<? super PeerConnection<P>> actual) {
    actual.onSubscribe(
        new ReconnectSubscription<>(dial.ofOnePublisher(), reconnect, permission, actual));
  }

  /** What a subscription is in. */
  sealed interface State {

    /** Nothing was asked for yet. */
    record New() implements State {}

    /** Waits for its place in the budget that it shares with other publishers. */
    record AwaitingTurn(Disposable turn) implements State {

      @Override
      public void leave() {
        turn.dispose();
      }
    }

    /** Asks whether it may dial now. */
    record AwaitingPermission(Disposable permission) implements State {

      @Override
      public void leave() {
        permission.dispose();
      }
    }

    /** A round is under way. */
    record Dialing(DialRound<?> round) implements State {

      @Override
      public void abort() {
        round.cancel();
      }
    }

    /** There is a connection. */
    record Connected(PeerConnection<?> connection, Disposable stability) implements State {

      @Override
      public void leave() {
        stability.dispose();
      }

      @Override
      public void abort() {
        Dial.close(connection);
      }
    }

    /** Waits before it dials again. */
    record BackingOff(Disposable timer) implements State {

      @Override
      public void leave() {
        timer.dispose();
      }
    }

    /** Nothing is under way, and nothing more is asked for. */
    record Idle() implements State {}

    /** There will be no other connection. */
    record Ended() implements State {}

    /** Another state follows. */
    default void leave() {}

    /** The subscription has ended: gives up what is under way. */
    default void abort() {}

    /** Whether only time is needed for the next round. */
    default boolean isDelay() {
      return this instanceof AwaitingTurn || this instanceof BackingOff;
    }
  }

  /**
   * One subscription. All that is not volatile belongs to the executor's tasks, and so do all
   * private methods.
   */
  static final class ReconnectSubscription<P> implements Subscription, DialRound.Listener<P> {

    private final Dial<P> dial;
    private final ReconnectSpec reconnect;
    private final Publisher<?> permission;
    private final CoreSubscriber<? super PeerConnection<P>> actual;
    private final DialExecutor executor;
    private final AddressMemory memory = new AddressMemory();
    private final ReconnectObserver observer;
    private State state = new State.New();
    private long demand;

    /** How often in a row a round failed, or its connection did not stay up. */
    private int failures;

    /** Set ahead of the task that cancels: nothing is emitted from then on. */
    private volatile boolean cancelled;

    ReconnectSubscription(
        Dial<P> dial,
        ReconnectSpec reconnect,
        Publisher<?> permission,
        CoreSubscriber<? super PeerConnection<P>> actual) {
      this.dial = dial;
      this.reconnect = reconnect;
      this.permission = permission;
      this.actual = actual;
      this.executor = new DialExecutor(dial.spec().scheduler(), this::broken);
      this.observer = dial.spec().observability().reconnect();
    }

    @Override
    public void request(long n) {
      if (Operators.validate(n)) {
        executor.execute(() -> requested(n));
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
      executor.execute(
          () -> {
            if (!isEnded()) {
              end(null);
            }
          });
    }

    State state() {
      return state;
    }

    private boolean isEnded() {
      return state instanceof State.Ended;
    }

    /** The one place where the state changes. What the last one waited for is given up. */
    private void become(State next) {
      State last = state;
      state = next;
      last.leave();
      if (next.isDelay()) {
        observer.onWaiting();
      } else {
        observer.onWaitEnded();
      }
    }

    private void requested(long n) {
      demand = Operators.addCap(demand, n);
      if (state instanceof State.New) {
        executor.watchTimers();
        awaitTurn();
      } else if (state instanceof State.Idle) {
        awaitPermission();
      }
    }

    private void awaitTurn() {
      DialBudget.Turn turn = reconnect.budget().enter(() -> executor.execute(this::turnCame));
      if (turn.expected().isZero()) {
        awaitPermission();
      } else {
        become(new State.AwaitingTurn(turn));
        tellDelay(turn.expected());
      }
    }

    private void turnCame() {
      if (state instanceof State.AwaitingTurn) {
        awaitPermission();
      }
    }

    private void awaitPermission() {
      become(
          new State.AwaitingPermission(
              ForeignSource.flux("a permission to dial", () -> permission)
                  .contextWrite(actual.currentContext())
                  .subscribe(
                      ignored -> {},
                      failure -> executor.execute(() -> refused(failure)),
                      () -> executor.execute(this::permitted))));
    }

    private void refused(Throwable failure) {
      if (state instanceof State.AwaitingPermission) {
        fail(failure);
      }
    }

    private void permitted() {
      if (state instanceof State.AwaitingPermission) {
        DialRound<P> round = new DialRound<>(dial, memory, executor, actual.currentContext(), this);
        become(new State.Dialing(round));
        round.start();
      }
    }

    @Override
    public void won(PeerConnection<P> connection) {
      become(
          new State.Connected(
              connection, executor.after(reconnect.stableAfter(), () -> stable(connection))));
      observer.onConnected();
      demand = demand == Long.MAX_VALUE ? demand : demand - 1;
      connection
          .onClose()
          .subscribe(reason -> executor.execute(() -> disconnected(connection, reason)));
      if (!cancelled) {
        actual.onNext(connection);
      }
    }

    private boolean isUp(PeerConnection<P> connection) {
      return state instanceof State.Connected up && up.connection() == connection;
    }

    private void stable(PeerConnection<P> connection) {
      if (isUp(connection)) {
        failures = 0;
      }
    }

    private void disconnected(PeerConnection<P> connection, CloseReason reason) {
      if (isUp(connection)) {
        observer.onDisconnected();
        dial.spec().tell(new DialEvent.Disconnected(dial.spec().name(), reason));
        retryAfter(reason.cause());
      }
    }

    @Override
    public void failed(DialException failure) {
      retryAfter(failure);
    }

    private void retryAfter(@Nullable PeerException failure) {
      // The application's predicate and timers may throw, and nothing is open any more to close.
      become(new State.Idle());
      if (failure != null && !reconnect.isRetryable(failure)) {
        fail(failure);
        return;
      }
      Duration delay = reconnect.delay(failures);
      failures++;
      become(new State.BackingOff(executor.after(delay, this::delayPassed)));
      tellDelay(delay);
    }

    private void delayPassed() {
      if (state instanceof State.BackingOff) {
        if (demand == 0) {
          become(new State.Idle());
        } else {
          awaitPermission();
        }
      }
    }

    private void fail(Throwable failure) {
      end(failure);
      Isolated.end(actual, failure);
    }

    /** Code of the application's threw where nothing else says what that means. */
    private void broken(Throwable thrown) {
      if (isEnded()) {
        Callbacks.report("a dial", thrown);
      } else {
        Callbacks.reportFatal("a dial", thrown);
        fail(thrown);
      }
    }

    private void end(@Nullable Throwable cause) {
      State last = state;
      become(new State.Ended());
      executor.forgetTimers();
      last.abort();
      dial.spec().tell(new DialEvent.Stopped(dial.spec().name(), cause));
    }

    private void tellDelay(Duration delay) {
      dial.spec().tell(new DialEvent.Delayed(dial.spec().name(), delay, failures));
    }
  }
}
