package io.fluxwire.spring;

import io.fluxwire.crypto.Aead;
import io.fluxwire.handshake.UpgradePolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The properties {@code fluxwire.*}. Their defaults are those of the builders that they set, which
 * a test holds them to. An unknown one fails the start: if {@code allow} was misspelt, the server
 * would otherwise let everyone in, and nobody would be told.
 *
 * @param node who this node is
 * @param server who may dial it, and where
 * @param clients Peers that this node dials, by the application's names for them.
 * @param group whether peers are kept together in one group
 * @param upgrade whether and how sessions are upgraded
 * @param channels where channels are stored
 * @param page where the node's page is
 */
@ConfigurationProperties(prefix = "fluxwire", ignoreUnknownFields = false)
record FluxwireProperties(
    @DefaultValue Node node,
    @DefaultValue Server server,
    @DefaultValue Map<String, Client> clients,
    @DefaultValue Group group,
    @DefaultValue Upgrade upgrade,
    @DefaultValue Channels channels,
    @DefaultValue Page page) {

  /** What {@code expect} says of a client that talks to anyone. */
  static final String ANYONE = "anyone";

  /**
   * Who this node is.
   *
   * @param keyFile File with this node's key, 32 bytes that only its owner may read. Made if it is
   *     not there.
   * @param ephemeral Whether to make a new key at each start, and with it a new node id.
   */
  record Node(@Nullable Path keyFile, @DefaultValue("false") boolean ephemeral) {}

  /**
   * The server.
   *
   * @param enabled Whether there is a server at all. It also takes a port or a bean that handles
   *     peers or channels.
   * @param host Local address or name to listen on; all interfaces if it is not set.
   * @param port TCP port to listen on; 0 picks a free one.
   * @param rsocket Whether @MessageMapping controllers are served to peers by RSocket, instead of a
   *     handler of packets.
   * @param allow Node ids that may connect, of 66 hex digits each. If it is not set, and there is
   *     no Authorizer bean, everyone may who proves an id.
   * @param banFile File with the bans of nodes and networks, kept current as they change. Made if
   *     it is not there.
   * @param limits how many connections there may be
   * @param timeouts how long to wait for what
   */
  record Server(
      @DefaultValue("true") boolean enabled,
      @Nullable String host,
      @DefaultValue("9735") int port,
      @DefaultValue("false") boolean rsocket,
      @Nullable List<String> allow,
      @Nullable Path banFile,
      @DefaultValue Limits limits,
      @DefaultValue Timeouts timeouts) {}

  /**
   * How many connections a server takes, and what they may hold.
   *
   * @param connections Inbound connections in all, reserved ones not counted.
   * @param perIpv4Address Connections of one IPv4 address.
   * @param perIpv6Net56 Connections of one IPv6 network of 56 bits.
   * @param perIpv6Net48 Connections of one IPv6 network of 48 bits.
   * @param handshakes Handshakes at a time.
   * @param handshakesPerAddress Handshakes at a time of one address.
   * @param reserved Connections kept for the networks of 'friends', on top of the others.
   * @param friends Networks, such as 10.0.0.0/8, for which connections are reserved.
   * @param bytes Memory that all connections may hold together; at least 2MB.
   */
  record Limits(
      @DefaultValue("128") int connections,
      @DefaultValue("8") int perIpv4Address,
      @DefaultValue("8") int perIpv6Net56,
      @DefaultValue("32") int perIpv6Net48,
      @DefaultValue("64") int handshakes,
      @DefaultValue("4") int handshakesPerAddress,
      @DefaultValue("0") int reserved,
      @DefaultValue List<String> friends,
      @DefaultValue("64MB") DataSize bytes) {}

  /**
   * How long to wait for what.
   *
   * @param handshake Time for a handshake, from the connection on.
   * @param authorizer Time for the decision about a peer, within the handshake; 0 for as long as
   *     that.
   * @param drain Time for a close to write what was handed over.
   * @param idle Time without a packet after which a connection is closed; 0 for never.
   * @param write Time in which a peer may take nothing of what is being written; 0 for ever.
   * @param frame Time for the rest of a frame that has started; 0 for ever.
   */
  record Timeouts(
      @DefaultValue("10s") Duration handshake,
      @DefaultValue("5s") Duration authorizer,
      @DefaultValue("5s") Duration drain,
      @DefaultValue("0s") Duration idle,
      @DefaultValue("20s") Duration write,
      @DefaultValue("30s") Duration frame) {}

  /**
   * A client.
   *
   * @param remotes Where the peer is: HOST:PORT or ID@HOST:PORT, an IPv6 address in brackets. All
   *     race.
   * @param expect Node id that the peer has to prove, of 66 hex digits, unless a remote has it;
   *     'anyone' to talk to whoever answers.
   * @param keepConnected Whether a link keeps the peer connected. If not, FluxwireClients has the
   *     client to dial with.
   * @param rsocket Whether the peer is asked by RSocket: an RSocketRequester bean, instead of a
   *     link.
   * @param channel what goes through a channel
   * @param connectTimeout Time for TCP to connect to one address.
   * @param timeouts how long to wait for what
   * @param reconnect when to dial again
   */
  record Client(
      @DefaultValue List<String> remotes,
      @Nullable String expect,
      @DefaultValue("true") boolean keepConnected,
      @DefaultValue("false") boolean rsocket,
      @DefaultValue Channel channel,
      @DefaultValue("10s") Duration connectTimeout,
      @DefaultValue Timeouts timeouts,
      @DefaultValue Reconnect reconnect) {}

  /**
   * A channel with a client's peer.
   *
   * @param name Name of a channel with the peer, of 1 to 255 bytes, which is opened at the start
   *     and kept connected. No channel if it is not set. Needs a store, as fluxwire.channels.folder
   *     gives it.
   */
  record Channel(@Nullable String name) {}

  /**
   * When to dial again: after a random time between zero and a ceiling, which doubles with each
   * failure in a row.
   *
   * @param min Ceiling of the first delay.
   * @param max Ceiling of all delays.
   * @param stableAfter Uptime of a connection after which the delays start from the lowest again.
   */
  record Reconnect(
      @DefaultValue("1s") Duration min,
      @DefaultValue("5m") Duration max,
      @DefaultValue("60s") Duration stableAfter) {}

  /**
   * A group of peers.
   *
   * @param enabled Whether all clients and all peers that dial this node form one group, with one
   *     connection to each, instead of a link for each client.
   */
  record Group(@DefaultValue("false") boolean enabled) {}

  /**
   * Upgrades of sessions, of the server and the clients.
   *
   * @param mode Whether sessions are upgraded: never, with peers that do it too, or always.
   * @param postQuantum Whether keys also come from an ML-KEM-768 secret.
   * @param ciphers Ciphers, best first; AES-128-GCM is always one. The default depends on the
   *     processor.
   * @param keepAliveInterval Silence after which a peer is asked whether it is alive, at least 30s;
   *     0 for never.
   * @param keepAliveTimeout Time for its answer.
   * @param rotation Time for which keys serve at most, up to 1h.
   */
  record Upgrade(
      @DefaultValue("allowed") UpgradePolicy.Mode mode,
      @DefaultValue("allowed") UpgradePolicy.Mode postQuantum,
      @DefaultValue List<Aead> ciphers,
      @DefaultValue("0s") Duration keepAliveInterval,
      @DefaultValue("10s") Duration keepAliveTimeout,
      @DefaultValue("1h") Duration rotation) {}

  /**
   * Channels.
   *
   * @param folder Folder where channels are stored; needs fluxwire-channel-store on the class path.
   * @param maxBytes What a channel may keep that its peer has not acknowledged.
   */
  record Channels(@Nullable Path folder, @DefaultValue("16MB") DataSize maxBytes) {}

  /**
   * The node's page.
   *
   * @param path Path of the page on the application's WebFlux server, such as /admin/fluxwire;
   *     needs fluxwire-node-page on the class path. No page if it is not set. The application's
   *     filters decide who sees it.
   */
  record Page(@Nullable String path) {}
}
