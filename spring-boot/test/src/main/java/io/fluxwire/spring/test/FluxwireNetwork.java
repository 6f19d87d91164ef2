package io.fluxwire.spring.test;

import io.fluxwire.NodeIdentity;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.fluxwire.testing.MemoryNetwork;
import java.net.SocketAddress;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The network in memory in which the application under test meets the nodes of the test: a bean of
 * contexts with {@link AutoConfigureFluxwireNetwork}. All of it runs on one thread, which must not
 * be blocked. Connections and servers that a test makes are its own to close. Thread-safe.
 */
public final class FluxwireNetwork implements AutoCloseable {

  /** Where the application's server listens; no client has this name. */
  private static final String SERVER = "the application's server";

  private final Scheduler thread = Schedulers.newSingle("fluxwire-network", true);
  private final MemoryNetwork network = MemoryNetwork.create(thread);
  private final NodeIdentity application;
  private final PeerKeys keys;

  FluxwireNetwork(NodeIdentity application, PeerKeys keys) {
    this.application = application;
    this.keys = keys;
  }

  /**
   * The network itself, for nodes that are neither of the application nor of {@link #client} and
   * {@link #server}.
   *
   * @return the network
   */
  public MemoryNetwork memory() {
    return network;
  }

  /**
   * A client that dials the application's server, with a new key, for packets of {@link Pkt}.
   *
   * @return the client
   */
  public PeerClient<Pkt> client() {
    return client(NodeKey.generate(), PacketCodec.pkt());
  }

  /**
   * A client that dials the application's server, and expects its node id.
   *
   * @param key who dials
   * @param codec reads and writes the packets
   * @param <P> their type
   * @return the client
   */
  public <P> PeerClient<P> client(NodeIdentity key, PacketCodec<P> codec) {
    return PeerClient.create(key, codec)
        .transport(network)
        .remote(network.address(SERVER))
        .expect(application.id());
  }

  /**
   * A server in the place of the peer that a client of the application dials, for packets of {@link
   * Pkt}.
   *
   * @param client the client's name in {@code fluxwire.clients}
   * @return the server, with the key that the client expects
   * @throws IllegalArgumentException when there is no client of this name
   */
  public PeerServer<Pkt> server(String client) {
    return server(client, PacketCodec.pkt());
  }

  /**
   * A server in the place of the peer that a client of the application dials. The application finds
   * it once it listens: until then its dials fail, and are made again as {@code
   * fluxwire.clients.NAME.reconnect} says.
   *
   * @param client the client's name in {@code fluxwire.clients}
   * @param codec reads and writes the packets
   * @param <P> their type
   * @return the server, with the key that the client expects
   * @throws IllegalArgumentException when there is no client of this name
   */
  public <P> PeerServer<P> server(String client, PacketCodec<P> codec) {
    return PeerServer.create(keys.of(client), codec).transport(network.listener(client));
  }

  /** The application's server, on the network. */
  PeerServer<Object> listening(PeerServer<Object> server) {
    return server.transport(network.listener(SERVER));
  }

  /** A client of the application, on the network. */
  PeerClient<Object> dialling(String name, PeerClient<Object> client) {
    SocketAddress peer = network.address(name);
    return client.transport(network).remote(peer);
  }

  /** Ends the network's thread: called by Spring, after the application's nodes are closed. */
  @Override
  public void close() {
    thread.dispose();
  }
}
