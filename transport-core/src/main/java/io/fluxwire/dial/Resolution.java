package io.fluxwire.dial;

import io.fluxwire.PeerConnectException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.internal.FailureText;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.observe.dial.AddressFamily;
import io.fluxwire.observe.dial.DialStage;
import io.fluxwire.observe.dial.DialStep;
import io.fluxwire.observe.dial.Outcome;
import io.fluxwire.observe.dial.Stopwatch;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.BaseSubscriber;

/**
 * Asks the sources of one round for addresses, and says when attempts may start (RFC 8305 section
 * 3): with the first IPv6 address, a resolution delay after the first IPv4 one, or when all sources
 * are done.
 *
 * <p>All state belongs to the round's executor.
 */
final class Resolution {

  /** How many answers of one source a round takes. */
  private static final int ANSWERS = 64;

  private enum State {
    /** No source has given an address. */
    AWAITING_ADDRESS,
    /** There are IPv4 addresses, and IPv6 ones have a little time to come first. */
    AWAITING_IPV6,
    /** Attempts may start, and more addresses may come. */
    READY,
    /** Attempts may start, and all sources are done or given up. */
    COMPLETE,
    /** The round is over. */
    CANCELLED
  }

  private final RoundScope scope;
  private final List<AddressSource> sources;
  private final AddressQueue queue;
  private final Runnable whenChanged;
  private final Disposable.Composite subscriptions = Disposables.composite();
  private final Disposable.Swap delay = Disposables.swap();
  private final List<PeerException> failures = new ArrayList<>();

  /** Any thread reads it: a source may be told at any time that nobody wants more of it. */
  private volatile State state = State.AWAITING_ADDRESS;

  private int unfinished;

  /**
   * A resolution that has not started.
   *
   * @param scope the round's
   * @param sources where addresses come from
   * @param queue takes them
   * @param whenChanged runs when the queue has more addresses, or attempts may start, or the
   *     resolution is complete
   */
  Resolution(
      RoundScope scope, List<AddressSource> sources, AddressQueue queue, Runnable whenChanged) {
    this.scope = scope;
    this.sources = sources;
    this.queue = queue;
    this.whenChanged = whenChanged;
  }

  /** Asks all sources. */
  void start() {
    unfinished = sources.size();
    if (sources.isEmpty()) {
      complete();
      return;
    }
    for (int i = 0; i < sources.size(); i++) {
      Answers answers = new Answers(i);
      subscriptions.add(answers);
      AddressSource source = sources.get(i);
      ForeignSource.flux("a source of addresses", () -> source.addresses(scope::name))
          .contextWrite(scope.context())
          .subscribe(answers);
    }
    // Queued behind answers that were delivered synchronously, so that they start no timer.
    scope.executor().execute(this::startTimeout);
  }

  private void startTimeout() {
    if (isUnderWay()) {
      subscriptions.add(scope.executor().after(scope.spec().resolutionTimeout(), this::timedOut));
    }
  }

  /** Gives up what is under way. */
  void cancel() {
    state = State.CANCELLED;
    subscriptions.dispose();
    delay.dispose();
  }

  /** Whether attempts may start. */
  boolean isReady() {
    return state == State.READY || state == State.COMPLETE;
  }

  /** Whether no more addresses will come. */
  boolean isComplete() {
    return state == State.COMPLETE;
  }

  /** What the sources failed with. */
  List<PeerException> failures() {
    return failures;
  }

  private boolean isUnderWay() {
    return state != State.COMPLETE && state != State.CANCELLED;
  }

  private void answered(int source, List<SocketAddress> addresses) {
    if (state == State.CANCELLED) {
      return;
    }
    List<SocketAddress> taken = queue.offer(source, addresses);
    scope.tell(DialStep.RESOLVED, new DialEvent.Resolved(scope.name(), taken));
    if (isUnderWay() && queue.hasIpv6()) {
      state = State.READY;
    } else if (state == State.AWAITING_ADDRESS && !queue.isEmpty()) {
      state = State.AWAITING_IPV6;
      delay.update(scope.executor().after(scope.spec().resolutionDelay(), this::delayPassed));
    }
    whenChanged.run();
  }

  private void delayPassed() {
    if (state == State.AWAITING_IPV6) {
      state = State.READY;
      whenChanged.run();
    }
  }

  private void finished(@Nullable Throwable failure) {
    if (!isUnderWay()) {
      return;
    }
    unfinished--;
    if (failure != null) {
      failed(failure);
    }
    if (unfinished == 0) {
      complete();
    } else {
      whenChanged.run();
    }
  }

  private void complete() {
    state = State.COMPLETE;
    whenChanged.run();
  }

  private void failed(Throwable failure) {
    PeerException cause =
        failure instanceof PeerException known
            ? known
            : new PeerConnectException(Reason.NAME_NOT_RESOLVED, FailureText.of(failure), failure);
    failures.add(cause);
    scope.tell(DialStep.RESOLUTION_FAILED, new DialEvent.ResolutionFailed(scope.name(), cause));
  }

  private void timedOut() {
    if (!isUnderWay()) {
      return;
    }
    subscriptions.dispose();
    failed(
        new PeerConnectException(
            Reason.NAME_NOT_RESOLVED,
            "not all answers came within %d ms"
                .formatted(scope.spec().resolutionTimeout().toMillis())));
    complete();
  }

  /** One source's answers. */
  private final class Answers extends BaseSubscriber<List<? extends SocketAddress>> {

    private final int source;
    private final Stopwatch stopwatch =
        scope.spec().observability().stopwatch(DialStage.RESOLVE, AddressFamily.OTHER);
    private int left = ANSWERS;
    private boolean enough;

    Answers(int source) {
      this.source = source;
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
      scope.executor().execute(() -> answered(source, copy));
      left--;
      if (left == 0) {
        enough = true;
        dispose();
      }
    }

    @Override
    protected void hookOnError(Throwable failure) {
      stopwatch.stop(Outcome.FAILURE);
      scope.executor().execute(() -> finished(failure));
    }

    @Override
    protected void hookOnComplete() {
      stopwatch.stop(Outcome.SUCCESS);
      scope.executor().execute(() -> finished(null));
    }

    /** By the timeout, since it is not needed any more, or since it has given enough. */
    @Override
    protected void hookOnCancel() {
      if (enough) {
        stopwatch.stop(Outcome.SUCCESS);
        scope.executor().execute(() -> finished(null));
      } else {
        stopwatch.stop(state == State.CANCELLED ? Outcome.CANCELLED : Outcome.FAILURE);
      }
    }
  }
}
