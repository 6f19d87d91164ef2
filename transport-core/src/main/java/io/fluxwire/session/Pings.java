package io.fluxwire.session;

import io.fluxwire.internal.Callbacks;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;

/** Asks the peer for answers, and takes the time until they come. */
final class Pings {

  /** How many pings of the application may be without an answer: 64. */
  static final int MAX = 64;

  private final Endpoint endpoint;
  private final Scheduler scheduler;
  private final Map<Long, Ping> unanswered = new ConcurrentHashMap<>();
  private final AtomicInteger ofApplication = new AtomicInteger();
  private final AtomicLong numbers = new AtomicLong();

  /** The last one of this side's own; 0 before the first. */
  private long own;

  /** One without an answer; {@code sink} is null for one of this side's own. */
  private record Ping(long sentAt, @Nullable MonoSink<Duration> sink) {}

  Pings(Endpoint endpoint) {
    this.endpoint = endpoint;
    this.scheduler = endpoint.duplex().scheduler();
  }

  /** For the application: emits how long the answer took. */
  Mono<Duration> ping() {
    return endpoint.<Duration>ended().or(Mono.create(this::start));
  }

  private void start(MonoSink<Duration> sink) {
    if (ofApplication.incrementAndGet() > MAX) {
      ofApplication.decrementAndGet();
      sink.error(new IllegalStateException(MAX + " pings have no answer yet"));
    } else {
      endpoint.execute(() -> send(sink));
    }
  }

  /**
   * For this side itself, on the duplex's scheduler; without effect once this side has ended its
   * direction.
   */
  void sendOwn() {
    // A peer that sends all but answers must not make this grow.
    unanswered.remove(own);
    own = send(null);
  }

  private long send(@Nullable MonoSink<Duration> sink) {
    long number = numbers.incrementAndGet();
    unanswered.put(number, new Ping(now(), sink));
    endpoint.outbound().say(control -> control.ping(number), () -> {});
    return number;
  }

  /** The peer answers; on the thread that reads. */
  void answered(long number) {
    Ping ping = unanswered.remove(number);
    if (ping == null) {
      return;
    }
    long nanos = now() - ping.sentAt();
    endpoint.observed().traffic().onRoundTrip(nanos);
    MonoSink<Duration> sink = ping.sink();
    if (sink != null) {
      ofApplication.decrementAndGet();
      // What the application does with it must not hold up whoever reads.
      endpoint.execute(
          () -> Callbacks.run("who sent a ping", () -> sink.success(Duration.ofNanos(nanos))));
    }
  }

  private long now() {
    return scheduler.now(TimeUnit.NANOSECONDS);
  }
}
