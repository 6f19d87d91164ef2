package io.fluxwire.observe;

import io.fluxwire.Reason;
import io.fluxwire.observe.dial.AddressFamily;
import io.fluxwire.observe.dial.DialStage;
import io.fluxwire.observe.dial.ReconnectObserver;
import io.fluxwire.observe.dial.RoundObserver;
import io.fluxwire.observe.dial.Stopwatch;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * Who observes connections and dials: the log, always; meters, traces and listeners, if they are
 * set; without them no clock is read. Immutable: each setter returns a copy. Clients and servers
 * that are given the same registry share its meters.
 *
 * <p>Whatever a registry, a filter, an observation handler, a listener or the log throws,
 * connections go on as if nobody observed them: it is logged, by {@code io.fluxwire.callbacks}.
 */
public final class Observability {

  private static final Observability NONE =
      new Observability(Recorder.NONE, Recorder.NONE, List.of());

  private final Recorder meters;
  private final Recorder traces;
  private final List<SessionListener> listeners;

  private Observability(Recorder meters, Recorder traces, List<SessionListener> listeners) {
    this.meters = meters;
    this.traces = traces;
    this.listeners = listeners;
  }

  /**
   * No meters, no traces, no listeners. Logs need no registry.
   *
   * @return the default
   */
  public static Observability none() {
    return NONE;
  }

  /**
   * Records meters, in this registry alone.
   *
   * @param registry where {@link FluxwireMeters} are registered
   * @return a copy
   */
  public Observability withMeters(MeterRegistry registry) {
    return new Observability(new MeterRecorder(Meters.of(registry)), traces, listeners);
  }

  /**
   * Makes observations, of which a tracer makes spans, in this registry alone.
   *
   * @param registry is told of {@link FluxwireObservations}
   * @return a copy
   */
  public Observability withObservations(ObservationRegistry registry) {
    return new Observability(
        meters, registry.isNoop() ? Recorder.NONE : new TraceRecorder(registry), listeners);
  }

  /**
   * Adds a listener.
   *
   * @param listener is told of the lives of connections, after those that were added before it
   * @return a copy
   */
  public Observability withListener(SessionListener listener) {
    List<SessionListener> more = new ArrayList<>(listeners);
    more.add(new IsolatedListener(listener));
    return new Observability(meters, traces, List.copyOf(more));
  }

  /**
   * Observes one connection.
   *
   * @param session the connection
   * @param context may hold the observation that the handshake is part of
   * @return who is to be told of it; what it is told throws nothing
   */
  public SessionListener session(SessionInfo session, ContextView context) {
    List<SessionListener> told = new ArrayList<>();
    told.add(LogListener.INSTANCE);
    told.add(meters.session(session, context));
    told.add(traces.session(session, context));
    told.addAll(listeners);
    return SessionListeners.of(told);
  }

  /**
   * Counts a connection that was refused at accept, and so has no handshake to observe.
   *
   * @param reason why
   */
  public void refused(Reason reason) {
    meters.refused(reason);
  }

  /**
   * Shows what a budget's connections hold.
   *
   * @return is told by how many bytes that changes
   */
  public LongConsumer bytesHeld() {
    return meters.bytesHeld();
  }

  /**
   * Observes one round of dialing.
   *
   * @param name what is dialled
   * @param context may hold the observation that the dial is part of
   * @return who is to be told of it
   */
  public RoundObserver round(String name, Context context) {
    return RoundObservers.of(meters.round(name, context), traces.round(name, context));
  }

  /**
   * Observes one connection publisher.
   *
   * @return who is to be told of it
   */
  public ReconnectObserver reconnect() {
    return meters.reconnect();
  }

  /**
   * Observes a channel that was just opened.
   *
   * @param dials whether this side is the one that dials
   * @param first the number of the first packet that its store keeps
   * @param next the number of the next packet to store
   * @param bytes the payloads of those that it keeps
   * @return who is to be told of it
   */
  public ChannelRecorder channel(boolean dials, long first, long next, long bytes) {
    return meters.channel(dials, first, next, bytes);
  }

  /**
   * Times a stage of a dial, from now on.
   *
   * @param stage which
   * @param family of the address that it is about
   * @return to be stopped when the stage ends
   */
  public Stopwatch stopwatch(DialStage stage, AddressFamily family) {
    return meters.stopwatch(stage, family);
  }

  /**
   * Times a stage of a dial, by a {@link #stopwatch} for each subscription.
   *
   * @param stage which
   * @param address where to
   * @param work the stage
   * @param <T> what it gives
   * @return the stage, timed if somebody wants to know
   */
  public <T> Mono<T> timed(DialStage stage, SocketAddress address, Mono<T> work) {
    return meters.timed(stage, address, work);
  }

  @Override
  public String toString() {
    return "Observability[meters "
        + (meters == Recorder.NONE ? "off" : "on")
        + ", traces "
        + (traces == Recorder.NONE ? "off" : "on")
        + ", %d listeners]".formatted(listeners.size());
  }
}
