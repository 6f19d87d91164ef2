package io.fluxwire.spring;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.rsocket.FluxwireClientTransport;
import io.fluxwire.rsocket.FluxwireRSocket;
import io.netty.buffer.ByteBuf;
import io.rsocket.core.RSocketClient;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.messaging.rsocket.RSocketRequester;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Makes the requesters of the clients that are asked by RSocket, and closes them together. */
final class RSocketRequesters implements DisposableBean {

  private static final Logger LOG = LoggerFactory.getLogger(RSocketRequesters.class);

  private final FluxwireProperties properties;
  private final FluxwireClients clients;
  private final ObjectProvider<RSocketRequester.Builder> builders;
  private final List<RSocketClient> made = new CopyOnWriteArrayList<>();
  private final Set<PeerConnection<?>> open = ConcurrentHashMap.newKeySet();

  RSocketRequesters(
      FluxwireProperties properties,
      FluxwireClients clients,
      ObjectProvider<RSocketRequester.Builder> builders) {
    this.properties = properties;
    this.clients = clients;
    this.builders = builders;
  }

  /** Called by Spring, for a bean. */
  RSocketRequester requester(String name) {
    ClientSettings settings =
        new ClientSettings(name, Objects.requireNonNull(properties.clients().get(name), name));
    NodeId peer = settings.requirePeer("a peer that is asked by RSocket");
    RSocketRequester requester =
        builders
            .getObject()
            .rsocketConnector(
                connector -> FluxwireRSocket.configure(connector, peer).reconnect(retry(settings)))
            .transport(FluxwireClientTransport.create(watched(name)));
    made.add(requester.rsocketClient());
    return requester;
  }

  private PeerClient<ByteBuf> watched(String name) {
    PeerClient<ByteBuf> client = clients.client(name);
    return client.doOnConnected(open::add).doOnDisconnected(open::remove);
  }

  /** Without it, RSocket's client is of no use any more once it could not connect. */
  private static Retry retry(ClientSettings client) {
    FluxwireProperties.Reconnect set = client.from().reconnect();
    return Retry.backoff(Long.MAX_VALUE, set.min())
        .maxBackoff(set.max())
        .doBeforeRetry(
            failed ->
                LOG.warn("{} cannot be asked: {}", client.name(), failed.failure().toString()));
  }

  @Override
  public void destroy() {
    int aborted = close(PeerLink.CLOSE_TIMEOUT);
    if (aborted > 0) {
      LOG.warn(
          "connections of requesters that were not closed within {} s, and are aborted: {}",
          PeerLink.CLOSE_TIMEOUT.toSeconds(),
          aborted);
    }
  }

  /**
   * Closes all connections in good order, and those at once that are open still when the time is
   * over. Blocks.
   *
   * @return how many these were
   */
  int close(Duration timeout) {
    made.forEach(RSocketClient::dispose);
    return Mono.whenDelayError(made.stream().map(RSocketClient::onClose).toList())
        .onErrorComplete()
        .thenReturn(0)
        .timeout(timeout, Mono.fromSupplier(this::abort))
        .blockOptional()
        .orElse(0);
  }

  private int abort() {
    List<PeerConnection<?>> left = List.copyOf(open);
    left.forEach(PeerConnection::dispose);
    return left.size();
  }
}
