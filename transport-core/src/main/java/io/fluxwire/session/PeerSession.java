package io.fluxwire.session;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Undelivered;
import io.fluxwire.internal.AddressText;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.Claimable;
import io.fluxwire.internal.Isolated;
import io.fluxwire.observe.Traffic;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.record.RecordOpener;
import io.fluxwire.record.Records;
import io.netty.buffer.ByteBuf;
import java.net.SocketAddress;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SynchronousSink;
import reactor.util.context.Context;

/**
 * An established session: opened payloads decoded one way, packets handed to the link the other.
 */
final class PeerSession<P> implements PeerConnection<P>, Claimable {

  /** Who has the payloads. */
  private enum Receiver {
    NONE,
    APPLICATION,
    NOBODY_ANY_MORE
  }

  private final Link link;
  private final NodeId remoteId;
  private final PacketCodec<P> codec;
  private final RecordOpener opener;
  private final @Nullable Traffic traffic;
  private final AtomicReference<Receiver> receiver = new AtomicReference<>(Receiver.NONE);

  /** Whoever got it has begun to use it. */
  private volatile boolean claimed;

  /** Looks for the peer's end as long as there is no reader to see it. */
  private final Disposable.Swap lookout = Disposables.swap();

  PeerSession(Link link, NodeId remoteId, PacketCodec<P> codec, RecordOpener opener) {
    this.link = link;
    this.remoteId = remoteId;
    this.codec = codec;
    this.opener = opener;
    this.traffic = link.observer().traffic();
    // Input that nobody subscribes to would keep its keys.
    link.onClose().subscribe(ignored -> dropInput());
    link.authenticated();
    lookout.update(link.duplex().onInputEnd().subscribe(null, null, this::awaitReader));
  }

  /** The peer has ended; a reader that comes soon still gets what it sent. */
  private void awaitReader() {
    link.afterDrainTimeout(this::endUnread);
  }

  private void endUnread() {
    if (receiver.compareAndSet(Receiver.NONE, Receiver.NOBODY_ANY_MORE)) {
      link.peerEnded();
      discard();
      link.finishAfterPeer();
    }
  }

  @Override
  public NodeId remoteId() {
    return remoteId;
  }

  @Override
  public SocketAddress remoteAddress() {
    return link.duplex().remoteAddress();
  }

  @Override
  public SocketAddress localAddress() {
    return link.duplex().localAddress();
  }

  @Override
  public Flux<P> receive() {
    claim();
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
    return link.duplex()
        .receive()
        .transform(Records.open(() -> opener, link.readLimits(link::fail)))
        .<P>handle(this::decode)
        // An application's onErrorContinue is for its own operators: here it would keep a session
        // whose peer broke a rule.
        .onErrorStop()
        .concatWith(Mono.defer(this::ended))
        .onErrorResume(this::failed)
        .doFinally(signal -> link.finishAfterPeer());
  }

  /** What still comes is opened, decoded and dropped, so that the peer's end or fault is seen. */
  private void readerLeft() {
    link.finishAfterPeer();
    link.inputUnwanted();
  }

  private void decode(ByteBuf payload, SynchronousSink<P> sink) {
    link.active();
    int size = payload.readableBytes();
    P packet;
    try {
      packet = codec.decode(payload);
    } catch (Throwable thrown) {
      Callbacks.reportFatal("a codec", thrown);
      sink.error(Link.applicationFailed(thrown));
      return;
    }
    Traffic counted = traffic;
    if (counted != null) {
      counted.received(size);
    }
    if (packet != null) {
      sink.next(packet);
    } else if (size > 0) {
      link.observer().unknownPacket(remoteId);
    }
  }

  private Mono<P> ended() {
    link.peerEnded();
    return ending();
  }

  private Mono<P> failed(Throwable seen) {
    link.fail(Link.asPeerException(seen));
    return ending();
  }

  /** What ended the link counts, not what the input saw of it. */
  private Mono<P> ending() {
    PeerException fault = link.fault();
    return fault == null ? Mono.empty() : Mono.error(fault);
  }

  @Override
  public Mono<Void> send(Publisher<? extends P> packets) {
    claim();
    return link.send(packets, codec);
  }

  @Override
  public Mono<Void> close() {
    claim();
    return Mono.defer(
            () -> {
              link.close();
              // Without a reader the peer's end would never be seen.
              dropInput();
              return Isolated.mono(link.onClose());
            })
        .then();
  }

  /** The context of what is done for this session. */
  Context within(Context context) {
    return link.observer().within(context);
  }

  private void dropInput() {
    if (receiver.compareAndSet(Receiver.NONE, Receiver.NOBODY_ANY_MORE)) {
      discard();
    }
  }

  private void discard() {
    lookout.dispose();
    link.inputUnwanted();
    opener.destroy();
  }

  @Override
  public Mono<CloseReason> onClose() {
    claim();
    return Isolated.mono(link.onClose());
  }

  @Override
  public Mono<Undelivered> undelivered() {
    claim();
    return Isolated.mono(link.undelivered());
  }

  @Override
  public void dispose() {
    claim();
    link.dispose();
  }

  private void claim() {
    if (!claimed) {
      claimed = true;
    }
  }

  @Override
  public boolean isClaimed() {
    return claimed;
  }

  @Override
  public boolean isDisposed() {
    return link.isClosed();
  }

  @Override
  public String toString() {
    return "PeerConnection[" + remoteId + " at " + AddressText.of(remoteAddress()) + "]";
  }
}
