package io.fluxwire.group;

import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.group.PeerGroup.Received;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.internal.Isolated;
import io.fluxwire.internal.SerialExecutor;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/** The packets of all connections of a group, for one reader. */
final class MergedInbound<P> {

  private static final Logger LOG = LoggerFactory.getLogger(MergedInbound.class);

  /** How many packets of one connection may wait. */
  private static final int AHEAD = 32;

  private enum State {
    /** Nobody has subscribed. */
    AWAITED,
    /** The one subscriber is there. */
    READ,
    /** It has gone: nobody will get what comes. */
    LEFT,
    /** The group is disposed. */
    OVER
  }

  private final SerialExecutor serial;
  private final Supplier<List<PeerConnection<P>>> open;

  // What follows belongs to the executor's turns.

  private State state = State.AWAITED;
  private @Nullable FluxSink<PeerConnection<P>> reader;

  /**
   * Packets that nobody reads yet.
   *
   * @param serial runs whatever changes the group
   * @param open the connections that have not ended; asked in a turn
   */
  MergedInbound(SerialExecutor serial, Supplier<List<PeerConnection<P>>> open) {
    this.serial = serial;
    this.open = open;
  }

  Flux<Received<P>> flux() {
    Flux<Received<P>> packets =
        Flux.<PeerConnection<P>>create(
                sink -> serial.execute(() -> begin(sink)), FluxSink.OverflowStrategy.IGNORE)
            .flatMap(MergedInbound::packets, Integer.MAX_VALUE, AHEAD);
    return Isolated.flux(packets, thrown -> {});
  }

  private void begin(FluxSink<PeerConnection<P>> sink) {
    switch (state) {
      case READ, LEFT ->
          sink.error(new IllegalStateException("receive() has one subscriber; share() it"));
      case OVER -> sink.complete();
      case AWAITED -> {
        state = State.READ;
        reader = sink;
        sink.onDispose(() -> serial.execute(this::left));
        open.get().forEach(sink::next);
      }
    }
  }

  private void left() {
    state = State.LEFT;
    reader = null;
  }

  /** A connection is there. In a turn. */
  void read(PeerConnection<P> connection) {
    FluxSink<PeerConnection<P>> to = reader;
    if (to != null) {
      to.next(connection);
    } else if (state == State.LEFT) {
      Callbacks.run("the packets of a connection", () -> drop(connection));
    }
  }

  /** As of those that were there when the reader left: their ends, and faults, are still seen. */
  private static <P> void drop(PeerConnection<P> connection) {
    connection
        .receive()
        .subscribe(
            new BaseSubscriber<P>() {
              @Override
              protected void hookOnSubscribe(Subscription subscription) {
                cancel();
              }
            });
  }

  /** Nothing follows but what has come. In a turn. */
  void complete() {
    FluxSink<PeerConnection<P>> to = reader;
    if (to != null) {
      to.complete();
    } else if (state == State.AWAITED) {
      state = State.OVER;
    }
  }

  private static <P> Flux<Received<P>> packets(PeerConnection<P> connection) {
    return ForeignSource.<P>flux("the packets of a connection", connection::receive)
        .map(packet -> new Received<>(connection, packet))
        .onErrorResume(
            failure -> {
              if (!(failure instanceof PeerException)) {
                broken(connection, failure);
              }
              return Flux.empty();
            });
  }

  /** It is not the connection that failed, so nobody else would end it. */
  private static void broken(PeerConnection<?> connection, Throwable failure) {
    LOG.warn("reading from {} failed, so it is closed", connection, failure);
    Callbacks.run("closing a connection", connection::dispose);
  }
}
