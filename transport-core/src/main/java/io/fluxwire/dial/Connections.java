package io.fluxwire.dial;

import io.fluxwire.CloseReason;
import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.internal.Isolated;
import io.fluxwire.internal.SerialExecutor;
import io.fluxwire.internal.TerminableScheduler;
import io.fluxwire.observe.ReconnectObserver;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Operators;

/**
 * One subscription of a dial: once, or again and again. By hand, since Reactor's {@code repeat} and
 * {@code retry} start the next round without asking for demand, and drop a connection that arrives
 * together with the cancel.
 *
 * <p>All state belongs to the {@link SerialExecutor}. What is thrown there, by whatever code of the
 * application's, closes what there is and is the subscriber's error.
 */
final class Connections<P> implements Subscription {

  private final Dial<P> dial;
  private final @Nullable ReconnectSpec reconnect;
  private final Publisher<?> permission;
  private final CoreSubscriber<? super PeerConnection<P>> actual;
  private final SerialExecutor serial = new SerialExecutor(this::broken);
  private final AddressMemory memory = new AddressMemory();
  private final Disposable.Swap delay = Disposables.swap();
  private final Disposable.Swap stability = Disposables.swap();
  private final Disposable.Swap timersEnd = Disposables.swap();
  private final @Nullable ReconnectObserver observer;
  private long demand;
  private @Nullable Race<P> race;
  private @Nullable PeerConnection<P> current;
  private boolean started;
  private boolean waits;
  private boolean isOver;
  private int failures;

  /** Set at once, while what it does waits for its turn: nothing is emitted from then on. */
  private volatile boolean cancelled;

  Connections(
      Dial<P> dial,
      @Nullable ReconnectSpec reconnect,
      Publisher<?> permission,
      CoreSubscriber<? super PeerConnection<P>> actual) {
    this.dial = dial;
    this.reconnect = reconnect;
    this.permission = permission;
    this.actual = actual;
    this.observer = reconnect == null ? null : dial.spec().observability().reconnect();
  }

  @Override
  public void request(long n) {
    if (Operators.validate(n)) {
      serial.execute(
          () -> {
            demand = Operators.addCap(demand, n);
            advance();
          });
    }
  }

  @Override
  public void cancel() {
    cancelled = true;
    serial.execute(
        () -> {
          boolean isNews = !isOver;
          stop();
          if (isNews) {
            stopped(null);
          }
        });
  }

  /** Closes all there is, and gives all up that is under way. */
  private void stop() {
    Race<P> running = race;
    PeerConnection<P> open = current;
    end();
    if (running != null) {
      running.cancel();
    }
    if (open != null) {
      close(open);
    }
  }

  static void close(PeerConnection<?> connection) {
    Callbacks.run("closing a connection", () -> connection.close().subscribe());
  }

  private void end() {
    isOver = true;
    race = null;
    current = null;
    delay.dispose();
    stability.dispose();
    timersEnd.dispose();
    observe(ReconnectObserver::goesOn);
  }

  /** Code of the application's threw where nothing else says what that means. */
  private void broken(Throwable thrown) {
    if (isOver) {
      Callbacks.report("a dial", thrown);
    } else {
      Throwable failure = thrown instanceof RejectedExecutionException ? noTimers(thrown) : thrown;
      Callbacks.reportFatal("a dial", thrown);
      stop();
      stopped(failure);
      Isolated.end(actual, failure);
    }
  }

  /** A timer that was set never fires then, and this would wait for it. */
  private void watchTimers() {
    if (dial.spec().scheduler() instanceof TerminableScheduler timers) {
      timersEnd.update(
          timers.onTermination(
              () ->
                  serial.execute(
                      () -> {
                        if (!isOver) {
                          broken(new RejectedExecutionException("the threads have ended"));
                        }
                      })));
    }
  }

  private static Throwable noTimers(Throwable cause) {
    return new RejectedExecutionException(
        "the event loops of this dial were disposed, so nothing is dialled any more: dispose the"
            + " publisher first, or dial on other loops",
        cause);
  }

  private void advance() {
    if (isOver || waits || demand == 0 || race != null || current != null) {
      return;
    }
    if (!started) {
      started = true;
      watchTimers();
      if (hasToWaitForItsTurn()) {
        return;
      }
    }
    waits = true;
    delay.update(
        ForeignSource.flux("a permission to dial", () -> permission)
            .contextWrite(actual.currentContext())
            .subscribe(
                ignored -> {},
                failure -> serial.execute(() -> failed(failure)),
                () -> serial.execute(this::permitted)));
  }

  private void permitted() {
    waits = false;
    if (isOver) {
      return;
    }
    Race<P> next =
        new Race<>(
            dial.spec(),
            dial.sources(),
            dial.connector(),
            memory,
            serial,
            actual.currentContext(),
            this::connected,
            this::roundFailed);
    race = next;
    next.start();
  }

  private void observe(Consumer<ReconnectObserver> what) {
    ReconnectObserver o = observer;
    if (o != null) {
      what.accept(o);
    }
  }

  private boolean hasToWaitForItsTurn() {
    if (reconnect == null) {
      return false;
    }
    DialBudget.Turn turn = reconnect.budget().enter(() -> serial.execute(this::waited));
    if (turn.expected().isZero()) {
      return false;
    }
    waiting(turn.expected());
    delay.update(turn);
    return true;
  }

  private void waitFor(Duration time) {
    waiting(time);
    delay.update(after(time, this::waited));
  }

  private void waiting(Duration time) {
    waits = true;
    observe(ReconnectObserver::waits);
    dial.spec().tell(new DialEvent.Delayed(dial.spec().name(), time, failures));
  }

  private void waited() {
    waits = false;
    observe(ReconnectObserver::goesOn);
    advance();
  }

  private Disposable after(Duration time, Runnable task) {
    return dial.spec()
        .scheduler()
        .schedule(() -> serial.execute(task), time.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void connected(PeerConnection<P> connection) {
    race = null;
    ReconnectSpec again = reconnect;
    if (again == null) {
      end();
      actual.onNext(connection);
      actual.onComplete();
      return;
    }
    current = connection;
    observe(ReconnectObserver::connected);
    demand = demand == Long.MAX_VALUE ? demand : demand - 1;
    stability.update(after(again.stableAfter(), () -> failures = 0));
    connection
        .onClose()
        .subscribe(reason -> serial.execute(() -> disconnected(connection, reason, again)));
    if (!cancelled) {
      emit(connection);
    }
  }

  private void emit(PeerConnection<P> connection) {
    try {
      actual.onNext(connection);
    } catch (Throwable thrown) {
      broken(thrown);
    }
  }

  private void disconnected(PeerConnection<P> connection, CloseReason reason, ReconnectSpec again) {
    if (isOver || current != connection) {
      return;
    }
    current = null;
    observe(ReconnectObserver::disconnected);
    stability.update(Disposables.disposed());
    dial.spec().tell(new DialEvent.Disconnected(dial.spec().name(), reason));
    retryAfter(reason.cause(), again);
  }

  private void failed(Throwable failure) {
    if (!isOver) {
      end();
      stopped(failure);
      Isolated.end(actual, failure);
    }
  }

  /** Of a single dial everybody knows that it does not go on. */
  private void stopped(@Nullable Throwable cause) {
    if (reconnect != null) {
      dial.spec().tell(new DialEvent.Stopped(dial.spec().name(), cause));
    }
  }

  private void roundFailed(DialException failure) {
    race = null;
    ReconnectSpec again = reconnect;
    if (again == null) {
      failed(failure);
    } else {
      retryAfter(failure, again);
    }
  }

  private void retryAfter(@Nullable PeerException failure, ReconnectSpec again) {
    if (isOver) {
      return;
    }
    if (failure != null && !again.isRetryable(failure)) {
      failed(failure);
      return;
    }
    Duration time = again.delay(failures);
    failures++;
    waitFor(time);
  }
}
