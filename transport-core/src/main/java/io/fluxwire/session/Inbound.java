package io.fluxwire.session;

import io.fluxwire.CloseReason;
import io.fluxwire.PeerException;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.observe.TrafficListener;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.record.RecordOpener;
import io.fluxwire.record.Records;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SynchronousSink;

/** The receiving half of a session: opened payloads, decoded for the one who receives. */
final class Inbound<P> {

  /** Who gets the payloads. */
  private enum Receiver {
    NONE,
    APPLICATION,
    NOBODY_ANY_MORE
  }

  private final Endpoint endpoint;
  private final SessionLifecycle lifecycle;
  private final PacketCodec<P> codec;
  private final RecordOpener opener;
  private final @Nullable Controls controls;
  private final TrafficListener traffic;
  private final AtomicReference<Receiver> receiver = new AtomicReference<>(Receiver.NONE);

  /** A packet that the codec does not know has come; set by whoever decodes. */
  private boolean unknownSeen;

  /** Looks for the peer's end as long as there is no reader to see it. */
  private final Disposable.Swap lookout = Disposables.swap();

  /**
   * Reads nothing yet.
   *
   * @param controls hears what records say beside packets; null where they say nothing
   */
  Inbound(
      Endpoint endpoint, PacketCodec<P> codec, RecordOpener opener, @Nullable Controls controls) {
    this.endpoint = endpoint;
    this.lifecycle = endpoint.lifecycle();
    this.codec = codec;
    this.opener = opener;
    this.controls = controls;
    if (controls != null) {
      opener.listener(controls);
    }
    this.traffic = endpoint.observed().traffic();
    // An opener that nobody subscribes to would keep its keys.
    lifecycle.onRelease().subscribe(ignored -> close());
    lookout.update(endpoint.duplex().onInputEnd().subscribe(null, null, this::awaitReader));
  }

  /** The peer has ended; a reader that comes soon still gets what it sent. */
  private void awaitReader() {
    endpoint.afterDrainTimeout(
        () -> {
          if (!receiver.compareAndSet(Receiver.NONE, Receiver.NOBODY_ANY_MORE)) {
            return;
          }
          if (controls != null) {
            readAway();
            return;
          }
          lifecycle.peerEnded(opener.endReason());
          destroy();
          lifecycle.peerEndHeard();
        });
  }

  /** The last record says whether the peer's end is one in good order. */
  private void readAway() {
    lookout.dispose();
    endpoint.inputUnwanted();
    packets().subscribe(dropped -> {}, seen -> {});
  }

  /** The packets, for one subscriber. */
  Flux<P> receive() {
    return Flux.defer(
        () -> {
          if (receiver.compareAndSet(Receiver.NONE, Receiver.APPLICATION)) {
            lookout.dispose();
            return new FluxDiscardOnCancel<>(packets(), this::readerLeft);
          }
          return receiver.get() == Receiver.APPLICATION
              ? Flux.error(new IllegalStateException("receive() has one subscriber; share() it"))
              : ending();
        });
  }

  private Flux<P> packets() {
    return bytes()
        .transform(Records.open(() -> opener, readLimits()))
        .<P>handle(this::decode)
        // An application's onErrorContinue is for its own operators: here it would keep a session
        // whose peer broke a rule.
        .onErrorStop()
        .concatWith(Mono.defer(this::ended))
        .onErrorResume(this::failed)
        .doFinally(signal -> lifecycle.peerEndHeard());
  }

  private Flux<ByteBuf> bytes() {
    Flux<ByteBuf> all = endpoint.duplex().receive();
    return controls == null ? all : controls.watch(all);
  }

  private ReadLimits readLimits() {
    return controls == null ? endpoint.readLimits(lifecycle::fail) : controls.readLimits();
  }

  /** What still comes is opened, decoded and dropped, so that the peer's end or fault is seen. */
  private void readerLeft() {
    lifecycle.peerEndHeard();
    endpoint.inputUnwanted();
  }

  private void decode(ByteBuf payload, SynchronousSink<P> sink) {
    endpoint.received();
    int size = payload.readableBytes();
    P packet;
    try {
      packet = codec.decode(payload);
    } catch (Throwable thrown) {
      Callbacks.reportFatal("a codec", thrown);
      sink.error(SessionFailures.ofApplication(thrown));
      return;
    }
    traffic.onPacketReceived(size);
    if (packet != null) {
      sink.next(packet);
    } else if (size > 0) {
      // An empty packet has no field that the codec could know.
      unknownPacket();
    }
  }

  private void unknownPacket() {
    if (!unknownSeen) {
      unknownSeen = true;
      ObservedSession observed = endpoint.observed();
      observed.listener().onUnknownPackets(observed);
    }
    traffic.onUnknownPacket();
  }

  private Mono<P> ended() {
    lifecycle.peerEnded(opener.endReason());
    return ending();
  }

  private Mono<P> failed(Throwable seen) {
    endpoint.inputFailed(SessionFailures.of(seen));
    return ending();
  }

  /** Completes or errors as the session ended, which may differ from what the input saw of it. */
  private Mono<P> ending() {
    CloseReason reason = lifecycle.reason();
    PeerException fault = reason == null ? null : reason.cause();
    return fault == null ? Mono.empty() : Mono.error(fault);
  }

  /** Ends receiving unless somebody has subscribed: without a reader, the end would not be seen. */
  void close() {
    if (receiver.compareAndSet(Receiver.NONE, Receiver.NOBODY_ANY_MORE)) {
      destroy();
    }
  }

  private void destroy() {
    lookout.dispose();
    endpoint.inputUnwanted();
    opener.destroy();
  }
}
