package io.fluxwire.observe;

import io.fluxwire.Reason;
import io.fluxwire.observe.dial.AddressFamily;
import io.fluxwire.observe.dial.DialStage;
import io.fluxwire.observe.dial.Outcome;
import io.fluxwire.observe.dial.ReconnectObserver;
import io.fluxwire.observe.dial.RoundObserver;
import io.fluxwire.observe.dial.Stopwatch;
import java.net.SocketAddress;
import java.util.function.LongConsumer;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/** A registry of meters. */
final class MeterRecorder implements Recorder {

  private final Meters meters;

  MeterRecorder(Meters meters) {
    this.meters = meters;
  }

  @Override
  public SessionListener session(SessionInfo session, ContextView context) {
    return new MeterListener(meters, session.direction());
  }

  @Override
  public void refused(Reason reason) {
    meters.count(FluxwireMeters.HANDSHAKES_REFUSED, reason);
  }

  @Override
  public LongConsumer bytesHeld() {
    return meters.gauge(FluxwireMeters.BYTES_HELD)::add;
  }

  @Override
  public RoundObserver round(String name, Context context) {
    return new MeterRound(meters);
  }

  @Override
  public ReconnectObserver reconnect() {
    return new MeterReconnects(meters);
  }

  @Override
  public ChannelRecorder channel(boolean dials, long first, long next, long bytes) {
    return new MeterChannel(meters, FluxwireMeters.Role.of(dials), first, next, bytes);
  }

  @Override
  public Stopwatch stopwatch(DialStage stage, AddressFamily family) {
    return new MeterStopwatch(meters, stage, family);
  }

  @Override
  public <T> Mono<T> timed(DialStage stage, SocketAddress address, Mono<T> work) {
    return Mono.defer(
        () -> {
          Stopwatch watch = stopwatch(stage, AddressFamily.of(address));
          return work.doOnSuccess(done -> watch.stop(Outcome.SUCCESS))
              .doOnError(failure -> watch.stop(Outcome.FAILURE))
              .doOnCancel(() -> watch.stop(Outcome.CANCELLED));
        });
  }
}
