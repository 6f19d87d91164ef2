package io.fluxwire.observe;

import io.fluxwire.Reason;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import java.net.SocketAddress;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * Where meters and traces go: nowhere by default, and then no clock is read for them. Immutable:
 * each setter returns a copy. Clients and servers that are given the same registry share its
 * meters.
 *
 * <p>Whatever a registry, a filter, an observation handler or the log throws, connections go on as
 * if nobody observed them: it is logged, by {@code io.fluxwire.callbacks}.
 */
public final class Observability {

  private static final Observability NONE = new Observability(null, null);
  private static final RoundObserver UNOBSERVED = new RoundObserver(null, null);

  private final @Nullable Meters meters;
  private final @Nullable ObservationRegistry observations;

  private Observability(@Nullable Meters meters, @Nullable ObservationRegistry observations) {
    this.meters = meters;
    this.observations = observations;
  }

  /**
   * No meters, no traces. Logs need no registry.
   *
   * @return the default
   */
  public static Observability none() {
    return NONE;
  }

  /**
   * Records meters.
   *
   * @param registry where {@link FluxwireMeters} are registered
   * @return a copy
   */
  public Observability withMeters(MeterRegistry registry) {
    return new Observability(Meters.of(registry), observations);
  }

  /**
   * Makes observations, of which a tracer makes spans.
   *
   * @param registry is told of {@link FluxwireObservations}
   * @return a copy
   */
  public Observability withObservations(ObservationRegistry registry) {
    return new Observability(meters, registry.isNoop() ? null : registry);
  }

  /**
   * Observes one connection.
   *
   * @param direction who dialled it
   * @param id what logs call it
   * @param address where the peer is
   * @param context may hold the observation that the handshake is part of
   * @return the observer, whose handshake is under way
   */
  public SessionObserver session(
      Direction direction, String id, SocketAddress address, ContextView context) {
    Meters m = meters;
    ObservationRegistry o = observations;
    return new SessionObserver(
        id,
        address,
        direction,
        m == null ? null : new SessionMeters(m, direction),
        o == null ? null : new SessionTrace(o, direction, id, address, context));
  }

  /**
   * Counts a connection that was refused at accept, and so has no handshake to observe.
   *
   * @param reason why
   */
  public void refused(Reason reason) {
    Meters m = meters;
    if (m != null) {
      m.count(FluxwireMeters.HANDSHAKES_REFUSED, reason);
    }
  }

  /**
   * Shows what a budget's connections hold.
   *
   * @return is told by how many bytes that changes
   */
  public LongConsumer bytesHeld() {
    Meters m = meters;
    return m == null ? change -> {} : m.gauge(FluxwireMeters.BYTES_HELD)::add;
  }

  /**
   * Observes one round of dialing.
   *
   * @param name what is dialled
   * @param context may hold the observation that the dial is part of
   * @return the observer
   */
  public RoundObserver round(String name, Context context) {
    ObservationRegistry o = observations;
    return meters == null && o == null
        ? UNOBSERVED
        : new RoundObserver(meters, o == null ? null : new DialTrace(o, name, context));
  }

  /**
   * Observes one connection publisher.
   *
   * @return the observer; null when nobody wants to know
   */
  public @Nullable ReconnectObserver reconnect() {
    Meters m = meters;
    return m == null ? null : new ReconnectObserver(m);
  }

  /**
   * Times a stage of a dial.
   *
   * @param stage which
   * @param address where to
   * @param work the stage
   * @param <T> what it gives
   * @return the stage, timed if somebody wants to know
   */
  public <T> Mono<T> timed(DialStage stage, SocketAddress address, Mono<T> work) {
    Meters m = meters;
    if (m == null) {
      return work;
    }
    return Mono.defer(
        () -> {
          Stopwatch watch = new Stopwatch(m, stage, AddressFamily.of(address));
          return work.doOnSuccess(done -> watch.stop(Outcome.SUCCESS))
              .doOnError(failure -> watch.stop(Outcome.FAILURE))
              .doOnCancel(() -> watch.stop(Outcome.CANCELLED));
        });
  }
}
