package io.fluxwire.channel;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.internal.FailureText;
import io.fluxwire.packet.PacketCodec;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;

/**
 * The side of a channel that dials: it takes one connection after the other from a connection
 * publisher.
 */
public final class ChannelDialer {

  private ChannelDialer() {}

  /**
   * Opens a channel and keeps it connected.
   *
   * <p>Emits the channel once its store is open, whether there is a connection or not. Errors with
   * {@link io.fluxwire.ChannelException} when the store cannot be opened, or contradicts {@link
   * ChannelSpec#startAt}. The channel ends when the publisher of connections does.
   *
   * @param key the channel; this node is its dialler
   * @param spec where it is stored, and how
   * @param codec how to write and read the packets
   * @param connections upgraded sessions that chose {@link io.fluxwire.SessionParameters#CHANNEL},
   *     one at a time, on demand; subscribed to once the store is open, and cancelled when the
   *     channel ends
   * @param <P> the packet type
   * @return the channel
   */
  public static <P> Mono<PeerChannel<P>> open(
      ChannelKey key,
      ChannelSpec spec,
      PacketCodec<P> codec,
      Publisher<? extends PeerConnection<?>> connections) {
    return PeerChannel.open(key, true, spec, codec)
        .doOnNext(channel -> connect(channel, connections));
  }

  private static void connect(
      PeerChannel<?> channel, Publisher<? extends PeerConnection<?>> connections) {
    Connections following = new Connections(channel.protocol());
    channel.onClose().onErrorComplete().subscribe(null, null, following::cancel);
    connections.subscribe(following);
  }

  private static final class Connections extends BaseSubscriber<PeerConnection<?>> {

    private final ChannelProtocol<?> protocol;

    Connections(ChannelProtocol<?> protocol) {
      this.protocol = protocol;
    }

    @Override
    protected void hookOnSubscribe(Subscription s) {
      s.request(1);
    }

    @Override
    protected void hookOnNext(PeerConnection<?> connection) {
      try {
        ChannelLink link = new SessionLink(connection);
        protocol.execute(() -> protocol.dialled(link));
        request(1);
      } catch (PeerException e) {
        connection.dispose();
        protocol.execute(() -> protocol.end(e));
      }
    }

    @Override
    protected void hookOnComplete() {
      protocol.execute(() -> protocol.end(null));
    }

    @Override
    protected void hookOnError(Throwable failure) {
      PeerException why =
          failure instanceof PeerException known
              ? known
              : new ConnectionClosedException(
                  Reason.APPLICATION_ERROR,
                  "the connections of a channel ended: " + FailureText.withType(failure),
                  failure);
      protocol.execute(() -> protocol.end(why));
    }
  }
}
