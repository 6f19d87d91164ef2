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
 * @param fleet how this node is an instance of a fleet
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
    @DefaultValue Fleet fleet,
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
   * @param proxyProtocol who tells the addresses of peers
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
      @DefaultValue ProxyProtocol proxyProtocol,
      @DefaultValue Limits limits,
      @DefaultValue Timeouts timeouts) {}

  /**
   * Proxies and load balancers in front of the server.
   *
   * @param trusted Networks or addresses, such as 10.0.0.0/24, of proxies that tell the addresses
   *     of peers by the PROXY protocol, and have to; needs netty-codec-haproxy on the class path.
   *     If it is not set, nobody does.
   */
  record ProxyProtocol(@DefaultValue List<String> trusted) {}

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
   * @param proxy by whom it is dialed
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
      @DefaultValue Proxy proxy,
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
   * A proxy that a client dials by.
   *
   * @param address Where a SOCKS 5 proxy is, as HOST:PORT, such as 127.0.0.1:9050 for a local Tor.
   *     It resolves the names of the remotes. No proxy if it is not set.
   * @param user User name to log in with; with a password.
   * @param password Password to log in with, which the proxy sees in clear.
   */
  record Proxy(@Nullable String address, @Nullable String user, @Nullable String password) {

    /** Without the password. */
    @Override
    public String toString() {
      return "Proxy[" + address + "]";
    }
  }

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
   * This node as one of many instances. Needs a FleetEngine bean, and fluxwire.group.enabled.
   *
   * @param enabled Whether this node is an instance of a fleet, if there is a FleetEngine bean.
   * @param instance Name of this instance, of 1 to 63 letters, digits and hyphens, that no other
   *     one has. The default is the name of the host or pod.
   * @param lookAgain Time in which a send looks for a peer that is not where it was said to be.
   * @param handover Time for which an instance leaves a dial to the one that had it.
   * @param duplicateLinger Time for which the earlier of two connections of a peer stays.
   * @param window Packets of a send that go ahead of the answer that the peer is there, up to 128.
   * @param rules Bans and other rules that this instance keeps.
   * @param cachedRows Peers of others of which it remembers where they are.
   * @param pendingBytes Bytes of packets of others that may wait here for connections; at least
   *     1MB.
   * @param dialQuorum Members that it has to see, itself included, to dial shared peers.
   * @param drain Time over which its connections are closed when the application stops, within
   *     spring.lifecycle.timeout-per-shutdown-phase.
   */
  record Fleet(
      @DefaultValue("true") boolean enabled,
      @Nullable String instance,
      @DefaultValue("2s") Duration lookAgain,
      @DefaultValue("2s") Duration handover,
      @DefaultValue("15s") Duration duplicateLinger,
      @DefaultValue("32") int window,
      @DefaultValue("10000") int rules,
      @DefaultValue("16384") int cachedRows,
      @DefaultValue("64MB") DataSize pendingBytes,
      @DefaultValue("1") int dialQuorum,
      @DefaultValue("10s") Duration drain) {}

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
