package io.fluxwire.request;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import io.fluxwire.TooManyRequestsException;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.DrainLoop;
import io.fluxwire.internal.FailureText;
import io.fluxwire.internal.Isolated;
import io.fluxwire.observe.TrafficListener;
import io.fluxwire.observe.dial.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;

/**
 * The requests of one connection that have not ended. An answer, a timeout, a cancellation, a
 * failed send or the connection's end ends a request: the first of them removes it from here, and
 * the others find nothing to do.
 */
final class PendingRequests<P> {

  private static final Logger LOG = LoggerFactory.getLogger(PendingRequests.class);

  private final PeerConnection<P> connection;
  private final RequestSpec<P> spec;
  private final Scheduler timers;
  private final TrafficListener traffic;

  /** A loop, since a send that fails at once lets the next one start. */
  private final DrainLoop starting = new DrainLoop(this::startWaiting, PendingRequests::report);

  // What follows is guarded by this.

  private final Map<Long, Pending<P>> inFlight = new HashMap<>();
  private final Set<Pending<P>> waiting = new LinkedHashSet<>();
  private long lastId;
  private @Nullable PeerException end;

  /** A request that has not ended. */
  private static final class Pending<P> {

    private final P packet;
    private final MonoSink<P> sink;
    private final long begun = System.nanoTime();

    /** Its timer, and its send. */
    private final Disposable.Composite running = Disposables.composite();

    /** 0 as long as it waits. */
    private long id;

    Pending(P packet, MonoSink<P> sink) {
      this.packet = packet;
      this.sink = sink;
    }
  }

  PendingRequests(
      PeerConnection<P> connection,
      RequestSpec<P> spec,
      Scheduler timers,
      TrafficListener traffic) {
    this.connection = connection;
    this.spec = spec;
    this.timers = timers;
    this.traffic = traffic;
  }

  /** Emits the answer; each subscription sends the request anew. */
  Mono<P> request(P packet) {
    return Isolated.mono(Mono.create(sink -> begin(new Pending<>(packet, sink))));
  }

  private void begin(Pending<P> request) {
    PeerException refusal = admit(request);
    if (refusal != null) {
      ended(request, Outcome.FAILURE, refusal.reason());
      request.sink.error(refusal);
      return;
    }
    // Also of one that was cancelled before.
    request.sink.onCancel(() -> end(request, Outcome.CANCELLED, null));
    try {
      long limit = spec.timeout().toMillis();
      request.running.add(
          timers.schedule(() -> timedOut(request, limit), limit, TimeUnit.MILLISECONDS));
    } catch (RejectedExecutionException e) {
      fail(request, e);
    }
    starting.signal();
  }

  private synchronized @Nullable PeerException admit(Pending<P> request) {
    if (end != null) {
      return end;
    }
    if (inFlight.size() + (long) waiting.size() >= (long) spec.maxInFlight() + spec.maxWaiting()) {
      return new TooManyRequestsException(inFlight.size(), waiting.size());
    }
    waiting.add(request);
    return null;
  }

  private void startWaiting() {
    for (Pending<P> next = next(); next != null; next = next()) {
      Pending<P> request = next;
      try {
        P packet = spec.withId(request.packet, request.id);
        request.running.add(
            connection
                .sendOne(packet)
                .contextWrite(request.sink.contextView())
                .subscribe(null, failure -> fail(request, failure)));
      } catch (Throwable thrown) {
        Callbacks.reportFatal("the function that writes a request's id", thrown);
        fail(request, thrown);
      }
    }
  }

  private synchronized @Nullable Pending<P> next() {
    Iterator<Pending<P>> first = waiting.iterator();
    if (inFlight.size() >= spec.maxInFlight() || !first.hasNext()) {
      return null;
    }
    Pending<P> request = first.next();
    first.remove();
    request.id = ++lastId;
    inFlight.put(request.id, request);
    return request;
  }

  /** A packet came that has the id of a request that it answers. */
  void answered(long id, P answer) {
    Pending<P> request = inFlight(id);
    if (request == null || !end(request, Outcome.SUCCESS, null)) {
      LOG.debug(
          "an answer of {} is dropped: its request {} has ended, or never was", connection, id);
    } else {
      request.sink.success(answer);
    }
  }

  private synchronized @Nullable Pending<P> inFlight(long id) {
    return inFlight.get(id);
  }

  private void timedOut(Pending<P> request, long limit) {
    fail(
        request,
        new PeerTimeoutException(
            Reason.REQUEST_TIMEOUT,
            "node %s did not answer within %,d ms".formatted(connection.remoteId(), limit)));
  }

  private void fail(Pending<P> request, Throwable failure) {
    Reason reason =
        failure instanceof PeerException known ? known.reason() : Reason.APPLICATION_ERROR;
    if (end(request, Outcome.FAILURE, reason)) {
      request.sink.error(failure);
    }
  }

  /** Ends a request; false if it has ended already. Its place is free at once. */
  private boolean end(Pending<P> request, Outcome outcome, @Nullable Reason reason) {
    synchronized (this) {
      if (!waiting.remove(request) && !inFlight.remove(request.id, request)) {
        return false;
      }
    }
    request.running.dispose();
    ended(request, outcome, reason);
    starting.signal();
    return true;
  }

  private void ended(Pending<P> request, Outcome outcome, @Nullable Reason reason) {
    traffic.onRequestEnded(System.nanoTime() - request.begun, outcome, reason);
  }

  /** The connection has ended: this ends all requests, and all later ones as well. */
  void closed(CloseReason why) {
    endAll(failure(why));
  }

  /**
   * Nobody reads answers any more. When that is because the connection has ended, its end says why.
   */
  void unreadable(Throwable why) {
    if (!connection.isDisposed()) {
      endAll(
          new ConnectionClosedException(
              Reason.APPLICATION_ERROR,
              "answers cannot be read: " + FailureText.withType(why),
              why));
    }
  }

  private void endAll(PeerException failure) {
    List<Pending<P>> all;
    synchronized (this) {
      end = failure;
      all = new ArrayList<>(inFlight.values());
      all.addAll(waiting);
      inFlight.clear();
      waiting.clear();
    }
    for (Pending<P> request : all) {
      request.running.dispose();
      ended(request, Outcome.FAILURE, failure.reason());
      request.sink.error(failure);
    }
  }

  private static PeerException failure(CloseReason why) {
    PeerException cause = why.cause();
    // That has what the peer said.
    if (cause instanceof ConnectionClosedException closed) {
      return closed;
    }
    String message = "the connection ended before the answer came: " + why;
    return cause == null
        ? new ConnectionClosedException(why.reason(), message)
        : new ConnectionClosedException(why.reason(), message, cause);
  }

  private static void report(Throwable thrown) {
    Callbacks.report("requests", thrown);
  }

  /** How many there are, for tests. */
  synchronized int size() {
    return inFlight.size() + waiting.size();
  }
}
