package io.fluxwire.spring;

import io.fluxwire.PeerException;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.ChannelState;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.dial.ConnectionHealthMonitor;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.netty.PeerClient;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;

/** Opens the channels of the clients that have one, and closes them together. */
final class ClientChannels implements DisposableBean {

  private static final Logger LOG = LoggerFactory.getLogger(ClientChannels.class);

  /** How long a store may take to open: what it keeps is not read for that. */
  private static final Duration OPEN_TIMEOUT = Duration.ofSeconds(30);

  private final FluxwireProperties properties;
  private final FluxwireClients clients;
  private final Optional<ChannelSpec> spec;

  /** What is known of each channel's connections. */
  private final Map<PeerChannel<?>, ConnectionHealthMonitor> open = new ConcurrentHashMap<>();

  ClientChannels(
      FluxwireProperties properties, FluxwireClients clients, Optional<ChannelSpec> spec) {
    this.properties = properties;
    this.clients = clients;
    this.spec = spec;
  }

  /** Called by Spring, for a bean. Waits for the store, and not for the peer. */
  PeerChannel<?> channel(String client) {
    FluxwireProperties.Client from =
        Objects.requireNonNull(properties.clients().get(client), client);
    new ClientSettings(client, from).requirePeer("a peer with a channel");
    String property = "fluxwire.clients." + client + ".channel.name";
    ChannelSpec stored = spec.orElseThrow(() -> withoutStore(property));
    ConnectionHealthMonitor monitor = new ConnectionHealthMonitor();
    PeerClient<?> watched = clients.client(client).doOnDial(monitor);
    String name = Objects.requireNonNull(from.channel().name());
    PeerChannel<?> channel =
        Settings.read(property, name, valid -> opened(property, watched.channel(valid, stored)));
    open.put(channel, monitor);
    return channel;
  }

  private static FluxwireConfigurationException withoutStore(String property) {
    return new FluxwireConfigurationException(
        property,
        "there is no store for this channel",
        "Set fluxwire.channels.folder, with fluxwire-channel-store on the class path, or define a"
            + " ChannelStore bean.",
        null);
  }

  private static PeerChannel<?> opened(String property, Mono<? extends PeerChannel<?>> opening) {
    try {
      return Objects.requireNonNull(opening.timeout(OPEN_TIMEOUT).block());
    } catch (RuntimeException e) {
      Throwable cause = Exceptions.unwrap(e);
      if (!(cause instanceof PeerException || cause instanceof TimeoutException)) {
        throw e;
      }
      throw new FluxwireConfigurationException(
          property,
          "the channel does not open: " + FluxwireHealth.text(cause),
          "See to its store: another process may use it, or another file may be in its place.",
          cause);
    }
  }

  /** What went wrong last with the connections of a channel, where that is known. */
  @Nullable Throwable lastError(PeerChannel<?> channel) {
    ConnectionHealthMonitor monitor = open.get(channel);
    return monitor == null ? null : monitor.health().lastError();
  }

  /** What sends handed over is stored; what is not stored after 10 s may be lost. Blocks. */
  @Override
  public void destroy() {
    Mono.whenDelayError(open.keySet().stream().map(PeerChannel::close).toList())
        .timeout(PeerLink.CLOSE_TIMEOUT, Mono.fromRunnable(this::abort))
        .block();
    open.keySet().forEach(ClientChannels::report);
  }

  private void abort() {
    LOG.warn(
        "stores of channels have not stored all within {} s", PeerLink.CLOSE_TIMEOUT.toSeconds());
    open.keySet().forEach(PeerChannel::dispose);
  }

  private static void report(PeerChannel<?> channel) {
    ChannelState state = channel.stored();
    long kept = state.next() - state.first();
    if (kept > 0) {
      LOG.info("{}: packets that its store keeps for the peer: {}", channel, kept);
    }
  }
}
