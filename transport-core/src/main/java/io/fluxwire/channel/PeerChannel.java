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
 * Two streams of packets between two nodes that outlive connections (protocol.md section 10): what
 * is sent is stored before it goes, kept until the peer has taken it, and sent again over the next
 * connection. Order is kept, nothing is dropped, and nothing is skipped in silence.
 *
 * <p>Every packet is delivered at least once, and once only as long as this process lives: after a
 * crash between a packet's effect and the storing of its position it comes again, with the same
 * number. An application that stores the number together with the effect ({@link
 * ChannelSpec#startAt}) has every effect once.
 *
 * <p>All methods may be called from any thread. What a channel delivers and completes is signalled
 * by the thread that brought it: an event loop, a thread of the store, or one that requests. It
 * must not be blocked.
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

  /** Opens the store, and checks what the application says of itself. */
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
   * Which channel it is.
   *
   * @return the two nodes and the name
   */
  public ChannelKey key() {
    return key;
  }

  /**
   * Who the peer is.
   *
   * @return its proven node id
   */
  public NodeId remoteId() {
    return dials ? key.acceptor() : key.dialer();
  }

  /**
   * Whether the store was new when the channel was opened: this is the first contact, or what was
   * there is lost, which cannot be told apart if the peer has lost its own, too.
   *
   * @return true if nothing was known of the peer's store
   */
  public boolean isNew() {
    return isNew;
  }

  /**
   * Sends packets: stores them, whether there is a connection or not. Several sends may run at
   * once, and take turns packet by packet. While the channel keeps {@link ChannelSpec#maxBytes}
   * that the peer has not acknowledged, sources are not asked for more than 64 packets each.
   *
   * <p>Emits the number behind the last packet once all are stored, for {@link #acknowledged}, and
   * completes. Errors with the source's error; with {@link io.fluxwire.PacketException} when a
   * packet cannot be encoded; with the {@link PeerException} of the channel's end. What came before
   * an error stays sent. Each subscription sends anew; cancelling stops it between two packets.
   *
   * <p>Reference-counted packets are released on every path.
   *
   * @param packets the packets
   * @return the number behind the last one; for no packets, some number that is stored
   */
  public Mono<Long> send(Publisher<? extends P> packets) {
    return protocol.sending().send(packets);
  }

  /**
   * Sends one packet: {@link #send} of a {@code Mono} of it.
   *
   * @param packet the packet
   * @return the number behind it, once it is stored
   */
  public Mono<Long> sendOne(P packet) {
    return send(Mono.just(packet));
  }

  /**
   * Awaits that the peer has taken packets: its application acknowledged them, and its store has
   * that.
   *
   * @param next the number behind the last one of them, as {@link #send} gave it
   * @return completes then; errors with the {@link PeerException} of the channel's end
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
   * Delivery#acknowledge acknowledge}. Demand reaches the socket, but for 256 KiB that are read
   * ahead.
   *
   * <p>Completes when this side closes the channel, and errors with the {@link PeerException} of
   * another end; the end of a connection is none. A second subscription at the same time errors
   * with {@link IllegalStateException}. Who cancels and subscribes again gets what it had not
   * acknowledged again.
   *
   * @return the deliveries
   */
  public Flux<Delivery<P>> receive() {
    return protocol.receiving().receive(false);
  }

  /**
   * As {@link #receive()}, and each packet is acknowledged once the subscriber's {@code onNext} has
   * returned: what it hands to another thread then, such as by {@code publishOn}, is lost in a
   * crash.
   *
   * @return the packets
   */
  public Flux<P> receiveAuto() {
    return protocol.receiving().receive(true).map(Delivery::packet);
  }

  /**
   * Handles the peer's packets one after the other: each is acknowledged once its handling has
   * completed. One that fails, or throws, ends this with its error and is not acknowledged.
   *
   * @param handler what to do with a packet
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
   * What the store has at this moment.
   *
   * @return the state
   */
  public ChannelState stored() {
    return protocol.stored();
  }

  /**
   * Whether there is a connection over which packets go.
   *
   * @return whether the two sides have agreed over one that has not ended
   */
  public boolean isConnected() {
    return protocol.isConnected();
  }

  /**
   * Closes in good order: what sends handed over is stored, but not waited for to arrive; the
   * connection and the store are closed. The store stays, and whoever opens the channel again goes
   * on.
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
   * @return completes once this side has closed it; errors with the {@link PeerException} of
   *     another end, such as {@link ChannelException}
   */
  public Mono<Void> onClose() {
    return Isolated.mono(closed.asMono());
  }

  /** Closes at once: what is not stored yet may be lost. Does not wait. */
  @Override
  public void dispose() {
    protocol.execute(() -> protocol.end(null));
  }

  /**
   * Whether the channel's end is decided. {@link #onClose()} tells when its store is closed.
   *
   * @return true from the first cause of an end on
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
