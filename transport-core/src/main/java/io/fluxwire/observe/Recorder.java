package io.fluxwire.observe;

import io.fluxwire.Reason;
import io.fluxwire.observe.dial.AddressFamily;
import io.fluxwire.observe.dial.DialStage;
import io.fluxwire.observe.dial.ReconnectObserver;
import io.fluxwire.observe.dial.RoundObserver;
import io.fluxwire.observe.dial.Stopwatch;
import java.net.SocketAddress;
import java.util.function.LongConsumer;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/** What one registry keeps of connections and dials; nothing of what is not overridden. */
interface Recorder {

  /** Without a registry. */
  Recorder NONE = new Recorder() {};

  /** As {@link Observability#session}. */
  default SessionListener session(SessionInfo session, ContextView context) {
    return SessionListener.NONE;
  }

  /** As {@link Observability#refused}. */
  default void refused(Reason reason) {}

  /** As {@link Observability#bytesHeld}. */
  default LongConsumer bytesHeld() {
    return change -> {};
  }

  /** As {@link Observability#round}. */
  default RoundObserver round(String name, Context context) {
    return RoundObserver.NONE;
  }

  /** As {@link Observability#reconnect}. */
  default ReconnectObserver reconnect() {
    return ReconnectObserver.NONE;
  }

  /** As {@link Observability#channel}. */
  default ChannelRecorder channel(boolean dials, long first, long next, long bytes) {
    return ChannelRecorder.NONE;
  }

  /** As {@link Observability#stopwatch}. */
  default Stopwatch stopwatch(DialStage stage, AddressFamily family) {
    return Stopwatch.NONE;
  }

  /** As {@link Observability#timed}. */
  default <T> Mono<T> timed(DialStage stage, SocketAddress address, Mono<T> work) {
    return work;
  }
}
