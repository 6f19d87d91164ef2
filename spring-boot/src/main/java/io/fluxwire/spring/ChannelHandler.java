package io.fluxwire.spring;

import io.fluxwire.channel.PeerChannel;
import org.reactivestreams.Publisher;

/**
 * What the application does with each channel that a peer opens: a bean of this type is the
 * server's handler of channels, as of {@link io.fluxwire.netty.PeerServer#channels}. Needs a {@code
 * ChannelSpec} or {@code ChannelStore} bean, which the property {@code fluxwire.channels.folder}
 * gives.
 *
 * @param <P> the application's packet type, that of the {@code PacketCodec} bean
 */
@FunctionalInterface
public interface ChannelHandler<P> {

  /**
   * Serves one channel. Called once for each channel that a peer opens, and not again for its later
   * connections, on a thread that must not be blocked.
   *
   * @param channel the channel
   * @return when it completes, the channel is closed; when it errors, that is logged and the
   *     channel is closed
   */
  Publisher<Void> handle(PeerChannel<P> channel);
}
