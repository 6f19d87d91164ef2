package io.fluxwire.dial;

import io.fluxwire.DialException;
import io.fluxwire.PeerConnectException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.FailureText;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.observe.dial.DialStep;
import io.fluxwire.observe.dial.Outcome;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.util.context.Context;

/**
 * One round of a dial (RFC 8305): a {@link Resolution} fills an {@link AddressQueue}, from which an
 * attempt starts after each attempt delay, or as soon as one fails (section 5). Exactly one of won,
 * failed and cancelled ends it; a connection that comes after that is closed.
 *
 * <p>All state belongs to the dial's {@link DialExecutor}, whose tasks call all methods.
 */
final class DialRound<P> {

  /** Where a round is. */
  private enum State {
    /** The next attempt may start. */
    READY,
    /** The attempt delay runs. */
    DELAYED,
    /** It has ended. */
    OVER
  }

  /** Who dials. Is told how a round ended, unless it cancelled it. */
  interface Listener<P> {

    /** A peer has authenticated. Should this throw, a cancel still closes the connection. */
    void won(PeerConnection<P> connection);

    /** All addresses failed, or there were none. */
    void failed(DialException failure);
  }

  private final Dial<P> dial;
  private final AddressMemory memory;
  private final RoundScope scope;
  private final Listener<P> listener;
  private final AddressQueue untried;
  private final Resolution resolution;
  private final Disposable.Swap attemptDelay = Disposables.swap();
  private final List<Attempt> attempts = new ArrayList<>();
  private int underWay;
  private State state = State.READY;

  /** The winner's connection, until the listener has it. */
  private @Nullable PeerConnection<P> won;

  /**
   * A round that has not started.
   *
   * @param dial where to, and how
   * @param memory what earlier rounds have learnt, and this one adds to
   * @param executor runs all that happens to the dial
   * @param subscriber the context of who wants the connection
   * @param listener is told how it ends
   */
  DialRound(
      Dial<P> dial,
      AddressMemory memory,
      DialExecutor executor,
      Context subscriber,
      Listener<P> listener) {
    this.dial = dial;
    this.memory = memory;
    this.scope = RoundScope.begin(dial.spec(), executor, subscriber);
    this.listener = listener;
    this.untried = new AddressQueue(memory, dial.sources().size());
    this.resolution = new Resolution(scope, dial.sources(), untried, this::advance);
  }

  void start() {
    resolution.start();
  }

  void cancel() {
    if (state != State.OVER) {
      end(null);
      scope.observer().onCancelled();
    }
    PeerConnection<P> mine = won;
    if (mine != null) {
      won = null;
      Dial.close(mine);
    }
  }

  private void advance() {
    if (state == State.OVER) {
      return;
    }
    if (resolution.isReady() && state == State.READY && !untried.isEmpty()) {
      attempt(untried.next());
    } else if (resolution.isComplete() && untried.isEmpty() && underWay == 0) {
      failed();
    }
  }

  private void attempt(SocketAddress address) {
    Attempt attempt = new Attempt(address);
    attempts.add(attempt);
    underWay++;
    state = State.DELAYED;
    attemptDelay.update(scope.executor().after(scope.spec().attemptDelay(), this::nextMayStart));
    scope.tell(
        DialStep.ATTEMPT_STARTED,
        new DialEvent.AttemptStarted(scope.name(), address, attempts.size()));
    ForeignSource.<PeerConnection<P>>mono("a connector", () -> dial.connector().apply(address))
        .subscribe(attempt);
  }

  private void nextMayStart() {
    if (state != State.OVER) {
      state = State.READY;
      advance();
    }
  }

  private void attemptFailed(Attempt attempt, Throwable failure) {
    if (state == State.OVER || attempt.failure != null) {
      return;
    }
    PeerException cause =
        failure instanceof PeerException known
            ? known
            : new PeerConnectException(Reason.CONNECT_FAILED, FailureText.of(failure), failure);
    attempt.failure = cause;
    underWay--;
    scope.observer().onAttemptEnded(attempt.address, Outcome.FAILURE);
    scope.tell(
        DialStep.ATTEMPT_FAILED, new DialEvent.AttemptFailed(scope.name(), attempt.address, cause));
    nextMayStart();
  }

  private void connected(Attempt attempt, PeerConnection<P> connection) {
    if (state == State.OVER) {
      Callbacks.run("disposing a connection", connection::dispose);
      return;
    }
    won = connection;
    List<SocketAddress> losers =
        attempts.stream().filter(other -> other != attempt).map(other -> other.address).toList();
    memory.won(attempt.address, losers);
    int cancelled = underWay - 1;
    end(attempt);
    scope.observer().onAttemptEnded(attempt.address, Outcome.SUCCESS);
    scope.tell(
        DialStep.CONNECTED,
        new DialEvent.Connected(scope.name(), attempt.address, connection.remoteId(), cancelled));
    scope.observer().onWon(attempt.address, connection.remoteId());
    listener.won(connection);
    won = null;
  }

  private void failed() {
    end(null);
    memory.lost();
    DialException failure = failure();
    scope.observer().onFailed(failure);
    scope.spec().tell(new DialEvent.RoundFailed(scope.name(), failure));
    listener.failed(failure);
  }

  private DialException failure() {
    if (attempts.isEmpty()) {
      return new DialException(scope.name(), noAddress());
    }
    List<DialException.Failure> failures =
        attempts.stream()
            .map(attempt -> new DialException.Failure(attempt.address, attempt.failed()))
            .toList();
    DialException failure = new DialException(scope.name(), failures, untried.hasMore());
    resolution.failures().forEach(failure::addSuppressed);
    return failure;
  }

  private Throwable noAddress() {
    List<PeerException> failures = resolution.failures();
    if (failures.isEmpty()) {
      return new IllegalStateException("no address came back");
    }
    PeerException first = failures.get(0);
    failures.stream().skip(1).forEach(first::addSuppressed);
    return first;
  }

  private void end(@Nullable Attempt winner) {
    state = State.OVER;
    resolution.cancel();
    attemptDelay.dispose();
    for (Attempt attempt : attempts) {
      if (attempt != winner && attempt.failure == null) {
        attempt.cancel();
        scope.observer().onAttemptEnded(attempt.address, Outcome.CANCELLED);
      }
    }
  }

  /**
   * One attempt. Not a {@code BaseSubscriber}: that one drops what comes after a cancel, and a
   * connection has to be closed.
   */
  private final class Attempt implements CoreSubscriber<PeerConnection<P>> {

    private final SocketAddress address;
    private @Nullable PeerException failure;
    private final Disposable.Swap subscription = Disposables.swap();
    private volatile boolean emitted;

    Attempt(SocketAddress address) {
      this.address = address;
    }

    PeerException failed() {
      PeerException cause = failure;
      return cause == null
          ? new PeerConnectException(Reason.CONNECT_FAILED, "the attempt did not end")
          : cause;
    }

    @Override
    public void onSubscribe(Subscription s) {
      subscription.update(s::cancel);
      s.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(PeerConnection<P> connection) {
      emitted = true;
      scope.executor().execute(() -> connected(this, connection));
    }

    @Override
    public void onError(Throwable t) {
      scope.executor().execute(() -> attemptFailed(this, t));
    }

    @Override
    public void onComplete() {
      if (!emitted) {
        onError(new IllegalStateException("the attempt gave no connection"));
      }
    }

    @Override
    public Context currentContext() {
      return scope.context();
    }

    void cancel() {
      subscription.dispose();
    }
  }
}
