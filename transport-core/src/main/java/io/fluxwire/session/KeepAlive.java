package io.fluxwire.session;

import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import io.fluxwire.record.ControlSealer;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/**
 * Both halves of liveness (protocol.md section 9.4): asks a peer that has been silent, and fails
 * the session if nothing comes then; and says that this side is alive while it does not read, to a
 * peer that has ever asked.
 */
final class KeepAlive {

  /** How often a side that does not read says that it is alive: 10 s. */
  static final Duration AWAKE = Duration.ofSeconds(10);

  /** What this side does about the peer's bytes. */
  private enum Reading {
    /** It wants none for now, so that silence proves nothing. */
    PAUSED,
    /** It has asked the socket. */
    AWAITED,
    /** Some have come, and are being opened. */
    OPENING,
    /** It never will again. */
    ENDED
  }

  private final Endpoint endpoint;
  private final Pings pings;
  private final Scheduler scheduler;
  private final long interval;
  private final long timeout;

  private final AtomicReference<Reading> reading = new AtomicReference<>(Reading.PAUSED);

  /** When the last record came, or this side began to read again. */
  private final AtomicLong heardAt = new AtomicLong();

  /** When the ping went that has to be answered; null without one. On the scheduler. */
  private @Nullable Long askedAt;

  private final AtomicBoolean peerAsks = new AtomicBoolean();
  private boolean awakeUnwritten;
  private final Disposable.Swap ownTimer = Disposables.swap();
  private final Disposable.Swap awakeTimer = Disposables.swap();

  /**
   * Does not run yet.
   *
   * @param interval after how much silence to ask; zero for never
   * @param timeout how long to wait then
   */
  KeepAlive(Endpoint endpoint, Pings pings, Duration interval, Duration timeout) {
    this.endpoint = endpoint;
    this.pings = pings;
    this.scheduler = endpoint.duplex().scheduler();
    this.interval = interval.toNanos();
    this.timeout = timeout.toNanos();
  }

  /** Begins; on the duplex's scheduler. */
  void start() {
    if (interval == 0) {
      return;
    }
    heard();
    // Tells the peer that it is asked for liveness: it may stop reading before the first silence.
    pings.sendOwn();
    after(interval);
  }

  /** A record came. */
  void heard() {
    if (interval != 0) {
      heardAt.setOpaque(now());
    }
  }

  private void after(long nanos) {
    ownTimer.update(scheduler.schedule(this::look, nanos, TimeUnit.NANOSECONDS));
  }

  private void look() {
    Reading does = reading.get();
    if (does == Reading.ENDED || endpoint.lifecycle().reason() != null) {
      // An end has limits of its own.
      return;
    }
    long now = now();
    if (does == Reading.PAUSED) {
      heardAt.set(now);
    }
    long heard = heardAt.get();
    Long asked = askedAt;
    if (asked != null && heard - asked < 0) {
      awaitAnswer(timeout - (now - asked));
      return;
    }
    askedAt = null;
    long left = interval - (now - heard);
    if (left > 0) {
      after(left);
    } else {
      askedAt = now;
      pings.sendOwn();
      awaitAnswer(timeout);
    }
  }

  private void awaitAnswer(long left) {
    if (left > 0) {
      // An answer that came at once begins an interval that may be over before the timeout.
      after(Math.min(left, interval));
    } else {
      endpoint
          .lifecycle()
          .fail(
              new PeerTimeoutException(
                  Reason.KEEP_ALIVE_TIMEOUT,
                  "nothing came within %d ms of a ping"
                      .formatted(TimeUnit.NANOSECONDS.toMillis(timeout))));
    }
  }

  /** The peer wants to know whether this side is alive, now and later. */
  void peerAsks() {
    if (!peerAsks.get() && peerAsks.compareAndSet(false, true)) {
      endpoint.execute(this::sayAwakeLater);
    }
  }

  private void sayAwakeLater() {
    awakeTimer.update(scheduler.schedule(this::sayAwake, AWAKE.toNanos(), TimeUnit.NANOSECONDS));
  }

  private void sayAwake() {
    Reading does = reading.get();
    if (does == Reading.ENDED) {
      return;
    }
    if (does == Reading.PAUSED && !awakeUnwritten) {
      // One at a time, or a peer that does not read either would be written to without bound.
      awakeUnwritten =
          endpoint.outbound().say(ControlSealer::keepAwake, () -> awakeUnwritten = false);
    }
    sayAwakeLater();
  }

  /** Nothing is asked or said any more. */
  void release() {
    reading.set(Reading.ENDED);
    ownTimer.dispose();
    awakeTimer.dispose();
  }

  /** The same bytes; this learns from their demand whether this side reads. */
  Flux<ByteBuf> watch(Flux<ByteBuf> source) {
    return new FluxOperator<ByteBuf, ByteBuf>(source) {
      @Override
      public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
        source.subscribe(new Watch(actual));
      }
    };
  }

  private void awaited() {
    if (reading.get() == Reading.PAUSED) {
      heard();
    }
    reading.updateAndGet(does -> does == Reading.ENDED ? does : Reading.AWAITED);
  }

  private long now() {
    return scheduler.now(TimeUnit.NANOSECONDS);
  }

  private final class Watch implements CoreSubscriber<ByteBuf>, Subscription {

    private final CoreSubscriber<? super ByteBuf> actual;
    private @Nullable Subscription upstream;

    Watch(CoreSubscriber<? super ByteBuf> actual) {
      this.actual = actual;
    }

    @Override
    public void onSubscribe(Subscription s) {
      if (Operators.validate(upstream, s)) {
        upstream = s;
        actual.onSubscribe(this);
      }
    }

    @Override
    public void onNext(ByteBuf buffer) {
      reading.compareAndSet(Reading.AWAITED, Reading.OPENING);
      actual.onNext(buffer);
      // One buffer is asked for at a time: unless that was done meanwhile, none is wanted.
      reading.compareAndSet(Reading.OPENING, Reading.PAUSED);
    }

    @Override
    public void onError(Throwable failure) {
      release();
      actual.onError(failure);
    }

    @Override
    public void onComplete() {
      release();
      actual.onComplete();
    }

    @Override
    public void request(long n) {
      Subscription s = upstream;
      if (s != null) {
        awaited();
        s.request(n);
      }
    }

    @Override
    public void cancel() {
      release();
      Subscription s = upstream;
      if (s != null) {
        s.cancel();
      }
    }

    @Override
    public Context currentContext() {
      return actual.currentContext();
    }
  }
}
