package io.fluxwire.spring;

import io.fluxwire.netty.PeerClient;

/**
 * Changes auto-configured clients: what properties do not cover, such as proxies, sources of
 * addresses or another transport. Beans of this type are applied in their {@code @Order}, after the
 * properties and the other beans.
 *
 * @param <P> the application's packet type, that of the {@code PacketCodec} bean
 */
@FunctionalInterface
public interface PeerClientCustomizer<P> {

  /**
   * Changes one client. Called once for each client while the context is refreshed, which fails
   * with what this throws.
   *
   * @param name the client's name in {@code fluxwire.clients}
   * @param client the client so far
   * @return a changed copy, or the same
   */
  PeerClient<P> customize(String name, PeerClient<P> client);
}
