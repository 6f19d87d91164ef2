package io.fluxwire.spring;

import io.fluxwire.netty.PeerServer;

/**
 * Changes the auto-configured server: what properties do not cover, such as socket options,
 * listeners or another transport. Beans of this type are applied in their {@code @Order}, after the
 * properties and the other beans.
 *
 * @param <P> the application's packet type, that of the {@code PacketCodec} bean
 */
@FunctionalInterface
public interface PeerServerCustomizer<P> {

  /**
   * Changes the server. Called once while the context is refreshed, which fails with what this
   * throws.
   *
   * @param server the server so far
   * @return a changed copy, or the same
   */
  PeerServer<P> customize(PeerServer<P> server);
}
