package io.fluxwire.channel;

import io.fluxwire.ChannelException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.packet.PacketCodec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The channels of a node that is dialled. Hands each connection to the channel that the peer names,
 * and opens the channel if it is not open yet. Thread-safe.
 *
 * @param <P> the application's packet type
 */
public final class ChannelAcceptor<P> {

  /** How many channels a peer may have open here: 16. */
  public static final int MAX_PER_NODE = 16;

  /** How many channels may be open here in total: 1,024. */
  public static final int MAX_CHANNELS = 1024;

  private final NodeId own;
  private final ChannelSpec spec;
  private final PacketCodec<P> codec;
  private final Function<? super PeerChannel<P>, ? extends Publisher<Void>> handler;

  /** The channels that are open or being opened. */
  private final Map<ChannelKey, Mono<PeerChannel<P>>> channels = new HashMap<>();

  private boolean closed;

  /**
   * An acceptor without channels.
   *
   * @param own this node's id
   * @param spec where and how channels are stored
   * @param codec how to write and read the packets
   * @param handler handles a channel; called once for each channel that is opened, before the
   *     peer's first packet. When its publisher completes or errors, the channel is closed; an
   *     error is logged. When the peer dials the channel again, it is opened again
   */
  public ChannelAcceptor(
      NodeId own,
      ChannelSpec spec,
      PacketCodec<P> codec,
      Function<? super PeerChannel<P>, ? extends Publisher<Void>> handler) {
    this.own = own;
    this.spec = spec;
    this.codec = codec;
    this.handler = handler;
  }

  /**
   * Takes a connection over whose session chose {@link io.fluxwire.SessionParameters#CHANNEL}.
   *
   * @param connection the connection; closed when no valid CHANNEL frame comes from the peer within
   *     10 s
   * @throws ChannelException with {@link Reason#CHANNEL_UNSUPPORTED} when its session has no
   *     channel
   */
  public void accept(PeerConnection<?> connection) {
    SessionLink link = new SessionLink(connection);
    Greeting greeting =
        new Greeting(link, spec.timers(), frame -> named(connection.remoteId(), frame.name()));
    link.start(greeting);
    link.request(1);
  }

  private Mono<PeerChannel<P>> named(NodeId peer, String name) {
    ChannelKey key = new ChannelKey(peer, own, name);
    synchronized (channels) {
      Mono<PeerChannel<P>> known = channels.get(key);
      if (known != null) {
        return known;
      }
      String why = refusal(peer);
      if (why != null) {
        return Mono.error(new ChannelException(Reason.TOO_MANY_CHANNELS, why));
      }
      Mono<PeerChannel<P>> opening =
          PeerChannel.open(key, false, spec, codec)
              .doOnNext(channel -> handle(key, channel))
              .doOnError(failure -> forget(key))
              .cache();
      channels.put(key, opening);
      return opening;
    }
  }

  private @Nullable String refusal(NodeId peer) {
    if (closed) {
      return "this node is closing its channels";
    }
    if (channels.size() >= MAX_CHANNELS) {
      return "this node has %d channels open, as many as it may".formatted(MAX_CHANNELS);
    }
    long same = channels.keySet().stream().filter(key -> key.dialer().equals(peer)).count();
    return same >= MAX_PER_NODE
        ? "your node has %d channels open here, as many as it may".formatted(same)
        : null;
  }

  private void forget(ChannelKey key) {
    synchronized (channels) {
      channels.remove(key);
    }
  }

  private void handle(ChannelKey key, PeerChannel<P> channel) {
    channel.onClose().onErrorComplete().subscribe(null, null, () -> forget(key));
    ForeignSource.flux("a handler of channels", () -> handler.apply(channel))
        .then()
        .onErrorResume(
            failure -> {
              // If the channel ended while the handler ran, that is reported where the channel
              // ended.
              if (!channel.isDisposed()) {
                Callbacks.report("the handler of " + channel, failure);
              }
              return Mono.empty();
            })
        .then(channel.close())
        .subscribe();
  }

  /**
   * Closes all channels in good order, and accepts no others.
   *
   * @return closes when it is subscribed to, and completes when all are closed; never errors
   */
  public Mono<Void> close() {
    return Flux.defer(
            () -> {
              List<Mono<PeerChannel<P>>> open;
              synchronized (channels) {
                closed = true;
                open = new ArrayList<>(channels.values());
              }
              return Flux.fromIterable(open);
            })
        .flatMap(channel -> channel.flatMap(PeerChannel::close).onErrorComplete(), MAX_CHANNELS)
        .then();
  }
}
