package io.fluxwire.dial;

import io.fluxwire.DialException;
import io.fluxwire.PeerConnectException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.FailureText;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.internal.SerialExecutor;
import io.fluxwire.observe.DialStep;
import io.fluxwire.observe.Outcome;
import io.fluxwire.observe.RoundObserver;
import io.fluxwire.observe.Stopwatch;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/**
 * One round of a dial: resolves, and lets the addresses race as RFC 8305 says. Exactly one of won,
 * failed and cancelled ends it; a connection that comes after that is closed.
 *
 * <p>All state belongs to the {@link SerialExecutor}.
 */
final class Race<P> {

  /** How many answers of one source a round takes. */
  private static final int ANSWERS = 64;

  private final DialSpec spec;
  private final List<AddressSource> sources;
  private final Function<? super SocketAddress, ? extends Mono<PeerConnection<P>>> connector;
  private final AddressMemory memory;
  private final SerialExecutor serial;
  private final RoundObserver observer;
  private final Context context;
  private final Consumer<? super PeerConnection<P>> whenWon;
  private final Consumer<? super DialException> whenFailed;

  private final Disposable.Composite resolutions = Disposables.composite();
  private final Disposable.Swap resolutionDelay = Disposables.swap();
  private final Disposable.Swap attemptDelay = Disposables.swap();
  private final AddressQueue untried;
  private final List<Attempt> attempts = new ArrayList<>();
  private final List<PeerException> resolutionFailures = new ArrayList<>();
  private int unresolved;
  private int underWay;
  private boolean ready;

  /** Won, and not handed over yet. */
  private @Nullable PeerConnection<P> won;

  private boolean waitsForDelay;
  private boolean isOver;

  Race(
      DialSpec spec,
      List<AddressSource> sources,
      Function<? super SocketAddress, ? extends Mono<PeerConnection<P>>> connector,
      AddressMemory memory,
      SerialExecutor serial,
      Context context,
      Consumer<? super PeerConnection<P>> whenWon,
      Consumer<? super DialException> whenFailed) {
    this.spec = spec;
    this.connector = connector;
    this.memory = memory;
    this.serial = serial;
    this.observer = spec.observability().round(spec.name(), context);
    this.context = observer.within(context);
    this.whenWon = whenWon;
    this.whenFailed = whenFailed;
    this.sources = sources;
    this.untried = new AddressQueue(memory, sources.size());
  }

  /** Within the serial. */
  void start() {
    unresolved = sources.size();
    if (sources.isEmpty()) {
      advance();
      return;
    }
    for (int i = 0; i < sources.size(); i++) {
      Answers answers = new Answers(i);
      resolutions.add(answers);
      ForeignSource.flux("a source of addresses", sources.get(i)::addresses)
          .contextWrite(context)
          .subscribe(answers);
    }
    // Behind the answers that are here already, which need no timer.
    serial.execute(this::awaitAnswers);
  }

  private void awaitAnswers() {
    if (!isOver && unresolved > 0) {
      resolutions.add(after(spec.resolutionTimeout(), this::resolutionTimedOut));
    }
  }

  /** Within the serial. */
  void cancel() {
    if (!isOver) {
      end(null);
      observer.cancelled();
    }
    PeerConnection<P> mine = won;
    if (mine != null) {
      won = null;
      Connections.close(mine);
    }
  }

  private Disposable after(Duration delay, Runnable task) {
    return spec.scheduler()
        .schedule(() -> serial.execute(task), delay.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void answered(int source, List<SocketAddress> addresses) {
    if (isOver) {
      return;
    }
    List<SocketAddress> taken = untried.offer(source, addresses);
    tell(DialStep.RESOLVED, new DialEvent.Resolved(spec.name(), taken));
    if (untried.hasIpv6()) {
      ready = true;
    } else if (!ready && !untried.isEmpty() && resolutionDelay.get() == null) {
      resolutionDelay.update(
          after(
              spec.resolutionDelay(),
              () -> {
                ready = true;
                advance();
              }));
    }
    advance();
  }

  private void resolved(@Nullable Throwable failure) {
    if (isOver || unresolved == 0) {
      return;
    }
    unresolved--;
    if (failure != null) {
      resolutionFailed(failure);
    }
    advance();
  }

  private void resolutionFailed(Throwable failure) {
    PeerException cause =
        failure instanceof PeerException known
            ? known
            : new PeerConnectException(Reason.NAME_NOT_RESOLVED, FailureText.of(failure), failure);
    resolutionFailures.add(cause);
    tell(DialStep.RESOLUTION_FAILED, new DialEvent.ResolutionFailed(spec.name(), cause));
  }

  private void resolutionTimedOut() {
    if (isOver || unresolved == 0) {
      return;
    }
    unresolved = 0;
    resolutions.dispose();
    resolutionFailed(
        new PeerConnectException(
            Reason.NAME_NOT_RESOLVED,
            "not all answers came within %d ms".formatted(spec.resolutionTimeout().toMillis())));
    advance();
  }

  private void advance() {
    if (isOver) {
      return;
    }
    if (unresolved == 0) {
      ready = true;
    }
    if (ready && !waitsForDelay && !untried.isEmpty()) {
      attempt(untried.next());
    } else if (unresolved == 0 && untried.isEmpty() && underWay == 0) {
      failed();
    }
  }

  private void attempt(SocketAddress address) {
    Attempt attempt = new Attempt(address);
    attempts.add(attempt);
    underWay++;
    waitsForDelay = true;
    attemptDelay.update(
        after(
            spec.attemptDelay(),
            () -> {
              waitsForDelay = false;
              advance();
            }));
    tell(
        DialStep.ATTEMPT_STARTED,
        new DialEvent.AttemptStarted(spec.name(), address, attempts.size()));
    ForeignSource.<PeerConnection<P>>mono("a connector", () -> connector.apply(address))
        .subscribe(attempt);
  }

  private void attemptFailed(Attempt attempt, Throwable failure) {
    if (isOver || attempt.failure != null) {
      return;
    }
    PeerException cause =
        failure instanceof PeerException known
            ? known
            : new PeerConnectException(Reason.CONNECT_FAILED, FailureText.of(failure), failure);
    attempt.failure = cause;
    underWay--;
    observer.attempted(attempt.address, Outcome.FAILURE);
    tell(DialStep.ATTEMPT_FAILED, new DialEvent.AttemptFailed(spec.name(), attempt.address, cause));
    if (!isOver) {
      waitsForDelay = false;
      advance();
    }
  }

  private void connected(Attempt attempt, PeerConnection<P> connection) {
    if (isOver) {
      Callbacks.run("disposing a connection", connection::dispose);
      return;
    }
    won = connection;
    List<SocketAddress> losers =
        attempts.stream().filter(other -> other != attempt).map(other -> other.address).toList();
    memory.won(attempt.address, losers);
    int cancelled = underWay - 1;
    end(attempt);
    observer.attempted(attempt.address, Outcome.SUCCESS);
    tell(
        DialStep.CONNECTED,
        new DialEvent.Connected(spec.name(), attempt.address, connection.remoteId(), cancelled));
    observer.won(attempt.address, connection.remoteId());
    won = null;
    whenWon.accept(connection);
  }

  private void failed() {
    end(null);
    memory.lost();
    DialException failure =
        attempts.isEmpty()
            ? new DialException(spec.name(), noAddress())
            : new DialException(
                spec.name(),
                attempts.stream()
                    .map(attempt -> new DialException.Failure(attempt.address, attempt.failed()))
                    .toList(),
                untried.hasMore());
    if (!attempts.isEmpty()) {
      resolutionFailures.forEach(failure::addSuppressed);
    }
    observer.failed(failure);
    spec.tell(new DialEvent.RoundFailed(spec.name(), failure));
    whenFailed.accept(failure);
  }

  private Throwable noAddress() {
    if (resolutionFailures.isEmpty()) {
      return new IllegalStateException("no address came back");
    }
    PeerException first = resolutionFailures.get(0);
    resolutionFailures.stream().skip(1).forEach(first::addSuppressed);
    return first;
  }

  private void end(@Nullable Attempt winner) {
    isOver = true;
    resolutions.dispose();
    resolutionDelay.dispose();
    attemptDelay.dispose();
    for (Attempt attempt : attempts) {
      if (attempt != winner && attempt.failure == null) {
        attempt.cancel();
        observer.attempted(attempt.address, Outcome.CANCELLED);
      }
    }
  }

  private void tell(DialStep step, DialEvent event) {
    observer.step(step, event);
    spec.tell(event);
  }

  /** One source's answers. */
  private final class Answers extends BaseSubscriber<List<? extends SocketAddress>> {

    private final int source;
    private final @Nullable Stopwatch watch = observer.resolving();
    private int left = ANSWERS;
    private boolean enough;

    Answers(int source) {
      this.source = source;
    }

    private void done(Outcome outcome) {
      Stopwatch running = watch;
      if (running != null) {
        running.stop(outcome);
      }
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      request(ANSWERS);
    }

    /** The list is the source's, and nobody knows what it does: it is read once. */
    @Override
    protected void hookOnNext(List<? extends SocketAddress> addresses) {
      List<SocketAddress> copy;
      try {
        copy = List.copyOf(addresses);
      } catch (Throwable thrown) {
        cancel();
        hookOnError(new IllegalStateException("a source gave a list that cannot be read", thrown));
        return;
      }
      serial.execute(() -> answered(source, copy));
      left--;
      if (left == 0) {
        enough = true;
        dispose();
      }
    }

    @Override
    protected void hookOnError(Throwable failure) {
      done(Outcome.FAILURE);
      serial.execute(() -> resolved(failure));
    }

    @Override
    protected void hookOnComplete() {
      done(Outcome.SUCCESS);
      serial.execute(() -> resolved(null));
    }

    /** By the timeout, since it is not needed any more, or since it has given enough. */
    @Override
    protected void hookOnCancel() {
      if (enough) {
        done(Outcome.SUCCESS);
        serial.execute(() -> resolved(null));
      } else {
        done(isOver ? Outcome.CANCELLED : Outcome.FAILURE);
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
      serial.execute(() -> connected(this, connection));
    }

    @Override
    public void onError(Throwable t) {
      serial.execute(() -> attemptFailed(this, t));
    }

    @Override
    public void onComplete() {
      if (!emitted) {
        onError(new IllegalStateException("the attempt gave no connection"));
      }
    }

    @Override
    public Context currentContext() {
      return context;
    }

    void cancel() {
      subscription.dispose();
    }
  }
}
