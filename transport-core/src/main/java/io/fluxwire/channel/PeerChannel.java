package io.fluxwire.channel;

import io.fluxwire.ChannelException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.internal.Isolated;
import io.fluxwire.packet.PacketCodec;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A stream of packets in each direction between two nodes, which outlives connections (protocol.md
 * section 10). A packet is stored before it is sent, kept until the peer has acknowledged it, and
 * sent again over the next connection if necessary. Packets keep their order, none is dropped, and
 * none is skipped in silence.
 *
 * <p>Every packet is delivered at least once, and exactly once as long as this process runs. If the
 * process crashes after the application has processed a packet but before its acknowledgement is
 * stored, the packet is delivered again, with the same number. An application that stores the
 * number together with the packet's effect ({@link ChannelSpec#startAt}) processes every packet
 * exactly once.
 *
 * <p>All methods may be called from any thread. A channel signals on the thread on which something
 * happens: an event loop, a thread of the store, or the thread that requests. None of them may be
 * blocked.
 *
 * @param <P> the application's packet type
 */
public final class PeerChannel<P> implements Disposable {

  private final ChannelKey key;
  private final boolean dials;
  private final StoredChannel store;
  private final ChannelProtocol<P> protocol;
  private final boolean isNew;
  private final Sinks.Empty<Void> closed = Sinks.empty();

  private PeerChannel(
      ChannelKey key, boolean dials, StoredChannel store, ChannelSpec spec, PacketCodec<P> codec) {
    this.key = key;
    this.dials = dials;
    this.store = store;
    this.isNew = store.state().isNew();
    this.protocol = new ChannelProtocol<>(key, dials, store, spec, codec, this::finished);
  }

  /**
   * Opens the store, and checks the application's own position ({@link ChannelSpec#startAt})
   * against it.
   */
  static <P> Mono<PeerChannel<P>> open(
      ChannelKey key, boolean dials, ChannelSpec spec, PacketCodec<P> codec) {
    return ForeignSource.mono("a channel's store", () -> spec.store().open(key))
        .onErrorMap(
            failure -> !(failure instanceof PeerException),
            failure ->
                new ChannelException(
                    Reason.CHANNEL_STORE_FAILED,
                    "the channel's store cannot be opened: " + failure.getMessage(),
                    failure))
        .flatMap(
            store -> {
              ChannelException refused = Agreement.contradiction(spec.startAt(), store.state());
              return refused == null
                  ? Mono.just(new PeerChannel<>(key, dials, store, spec, codec))
                  : store.close().then(Mono.error(refused));
            });
  }

  /**
   * The channel's key.
   *
   * @return the two nodes and the name
   */
  public ChannelKey key() {
    return key;
  }

  /**
   * The peer's identity.
   *
   * @return its proven node id
   */
  public NodeId remoteId() {
    return dials ? key.acceptor() : key.dialer();
  }

  /**
   * Whether the store was new when the channel was opened. Then either the two nodes have never
   * been in contact over this channel, or this side's store was lost. If the peer has lost its
   * store as well, the two cases cannot be told apart.
   *
   * @return true if nothing was known of the peer's store
   */
  public boolean isNew() {
    return isNew;
  }

  /**
   * Sends packets: stores them, whether there is a connection or not. Several sends may run at
   * once, and take turns packet by packet. While the packets that the peer has not acknowledged
   * reach {@link ChannelSpec#maxBytes}, each source is asked for at most 64 packets ahead.
   *
   * <p>Once all packets are stored, emits the number that follows the last packet's, for {@link
   * #acknowledged}, and completes. Errors with the source's error; with {@link
   * io.fluxwire.PacketException} when a packet cannot be encoded; with the {@link PeerException} of
   * the channel's end. Packets before the error remain stored and are sent. Each subscription sends
   * anew; cancelling stops the send between two packets.
   *
   * <p>Reference-counted packets are released on every path.
   *
   * @param packets the packets
   * @return the number that follows the last packet's; for an empty source, the number of a
   *     position that is stored already
   */
  public Mono<Long> send(Publisher<? extends P> packets) {
    return protocol.sending().send(packets);
  }

  /**
   * Sends one packet: {@link #send} of a {@code Mono} of it.
   *
   * @param packet the packet
   * @return the number that follows the packet's, once it is stored
   */
  public Mono<Long> sendOne(P packet) {
    return send(Mono.just(packet));
  }

  /**
   * Waits until the peer's application has acknowledged packets and the peer's store has the
   * acknowledgement.
   *
   * @param next the number that follows the last one of the packets, as {@link #send} emitted it
   * @return completes when all packets below that number are acknowledged; errors with the {@link
   *     PeerException} of the channel's end
   */
  public Mono<Void> acknowledged(long next) {
    return Isolated.mono(
        Mono.create(
            sink -> {
              sink.onCancel(() -> protocol.execute(() -> protocol.acknowledgements().forget(sink)));
              protocol.execute(() -> protocol.acknowledgements().await(next, sink));
            }));
  }

  /**
   * The peer's packets, each with its number, for the application to {@linkplain
   * Delivery#acknowledge acknowledge}. Demand reaches the socket: at most 256 KiB, and one packet,
   * are read ahead of it.
   *
   * <p>Completes when this side closes the channel, and errors with the {@link PeerException} when
   * the channel ends for another reason. The end of a connection does not end the channel. A second
   * subscription at the same time errors with {@link IllegalStateException}. After cancelling, a
   * new subscription gets the packets again that were not acknowledged.
   *
   * @return the deliveries
   */
  public Flux<Delivery<P>> receive() {
    return protocol.receiving().receive(false);
  }

  /**
   * As {@link #receive()}, but each packet is acknowledged when the subscriber's {@code onNext}
   * returns. So packets that {@code onNext} hands to another thread, as {@code publishOn} does, can
   * be lost in a crash.
   *
   * @return the packets
   */
  public Flux<P> receiveAuto() {
    return protocol.receiving().receive(true).map(Delivery::packet);
  }

  /**
   * Handles the peer's packets one after the other: each is acknowledged once its handling has
   * completed. When the handling of a packet errors or throws, the packet is not acknowledged, and
   * this errors with the same error.
   *
   * @param handler handles a packet
   * @return completes and errors as {@link #receive()} does, and errors with the handler's error
   */
  public Mono<Void> handle(Function<? super Delivery<P>, ? extends Publisher<?>> handler) {
    return receive()
        .concatMap(
            delivery ->
                ForeignSource.flux("a handler of packets", () -> handler.apply(delivery))
                    .then()
                    .doOnSuccess(done -> delivery.acknowledge()),
            1)
        .then();
  }

  /**
   * The state of the store at this moment.
   *
   * @return the state
   */
  public ChannelState stored() {
    return protocol.stored();
  }

  /**
   * Whether the channel has a connection.
   *
   * @return true while there is a connection over which both sides have agreed on their positions
   */
  public boolean isConnected() {
    return protocol.isConnected();
  }

  /**
   * Closes in good order: gives the application no more packets, stores what it has acknowledged
   * and the packets that sends have handed over, without waiting until they arrive, and closes the
   * connection and the store. What is stored stays, and the channel continues from there when it is
   * opened again.
   *
   * @return closes when it is subscribed to, and completes when it is closed; never errors
   */
  public Mono<Void> close() {
    return Mono.defer(
        () -> {
          protocol.execute(protocol::close);
          return onClose().onErrorComplete();
        });
  }

  /**
   * The end of the channel.
   *
   * @return completes once this side has closed the channel; errors with the {@link PeerException},
   *     such as a {@link ChannelException}, when it ends for another reason
   */
  public Mono<Void> onClose() {
    return Isolated.mono(closed.asMono());
  }

  /** Closes at once: packets that are not stored yet may be lost. Does not wait. */
  @Override
  public void dispose() {
    protocol.execute(() -> protocol.end(null));
  }

  /**
   * Whether the channel is ending or has ended. {@link #onClose()} tells when its store is closed.
   *
   * @return true from the moment on at which the channel began to end
   */
  @Override
  public boolean isDisposed() {
    return protocol.isEnding();
  }

  ChannelProtocol<P> protocol() {
    return protocol;
  }

  private void finished(@Nullable PeerException why, boolean delete) {
    Mono<Void> last =
        ForeignSource.mono("a channel's store", () -> delete ? store.delete() : store.close());
    last.subscribe(
        ignored -> {},
        failure -> {
          Callbacks.report("closing a channel's store", failure);
          tellEnd(why);
        },
        () -> tellEnd(why));
  }

  private void tellEnd(@Nullable PeerException why) {
    if (why == null) {
      closed.tryEmitEmpty();
    } else {
      closed.tryEmitError(why);
    }
  }

  @Override
  public String toString() {
    return "PeerChannel[" + key.name() + " with " + remoteId() + "]";
  }
}
