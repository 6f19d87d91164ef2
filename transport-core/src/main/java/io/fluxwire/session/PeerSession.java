package io.fluxwire.session;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.SessionParameters;
import io.fluxwire.Undelivered;
import io.fluxwire.handshake.Secured;
import io.fluxwire.internal.AddressText;
import io.fluxwire.internal.Claimable;
import io.fluxwire.internal.Isolated;
import io.fluxwire.packet.Hello;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import java.net.SocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/** An established session: who the peer is, what comes, what goes, and how it ends. */
final class PeerSession<P> implements PeerConnection<P>, Claimable {

  private final Endpoint endpoint;
  private final Inbound<P> inbound;
  private final NodeId remoteId;
  private final SessionParameters parameters;
  private final PacketCodec<P> codec;

  /** Null where records hold packets only. */
  private final @Nullable Controls controls;

  /** Whoever got it has begun to use it. */
  private volatile boolean claimed;

  PeerSession(Endpoint endpoint, SessionSpec<P> spec, Secured secured) {
    this.endpoint = endpoint;
    this.remoteId = secured.peer();
    this.parameters = secured.parameters();
    this.codec = parameters.hasChannel() ? payloads() : spec.codec();
    Controls upgraded =
        secured.sealer().control() == null ? null : new Controls(endpoint, spec.upgrade());
    this.controls = upgraded;
    this.inbound = new Inbound<>(endpoint, codec, secured.opener(), upgraded);
    endpoint.authenticated();
    if (upgraded != null) {
      upgraded.start();
    }
  }

  @Override
  public NodeId remoteId() {
    return remoteId;
  }

  @Override
  public SocketAddress remoteAddress() {
    return endpoint.duplex().remoteAddress();
  }

  @Override
  public SocketAddress localAddress() {
    return endpoint.duplex().localAddress();
  }

  @Override
  public SessionParameters session() {
    return parameters;
  }

  /**
   * A channel stores payloads, and decodes them itself: as packets of the application's they are
   * not to be seen, for which {@link #carriesPackets} cares.
   */
  @SuppressWarnings("unchecked")
  private static <P> PacketCodec<P> payloads() {
    return (PacketCodec<P>) PacketCodec.raw().allowShortPayloads();
  }

  private boolean carriesPackets() {
    return !parameters.hasChannel();
  }

  private static IllegalStateException carriesChannel() {
    return new IllegalStateException("this connection carries a channel, which has its packets");
  }

  @Override
  public Flux<P> receive() {
    claim();
    return carriesPackets() ? inbound.receive() : Flux.error(PeerSession::carriesChannel);
  }

  @Override
  public Mono<Void> send(Publisher<? extends P> packets) {
    claim();
    return carriesPackets()
        ? endpoint.outbound().send(packets, codec)
        : Mono.error(PeerSession::carriesChannel);
  }

  @Override
  public Mono<Void> close() {
    claim();
    return Mono.defer(
            () -> {
              endpoint.lifecycle().close();
              inbound.close();
              return Isolated.mono(endpoint.lifecycle().onClose());
            })
        .then();
  }

  @Override
  public Mono<Void> closeWithError(String problem) {
    claim();
    // As a packet of version 3, that text is no error.
    ConnectionClosedException error =
        ConnectionClosedException.byThisSide(
            problem.equals(Hello.PROBLEM) ? "error: " + problem : problem);
    return Mono.defer(
            () -> {
              endpoint.lifecycle().closeWithError(error);
              inbound.close();
              return Isolated.mono(endpoint.lifecycle().onClose());
            })
        .then();
  }

  @Override
  public Mono<Duration> ping() {
    claim();
    Controls upgraded = controls;
    return upgraded == null ? PeerConnection.super.ping() : upgraded.ping();
  }

  @Override
  public Mono<Void> rotateKeys() {
    claim();
    Controls upgraded = controls;
    return upgraded == null ? PeerConnection.super.rotateKeys() : upgraded.rotateKeys();
  }

  /** What a channel uses instead; null if the session has none. */
  @SuppressWarnings("unchecked") // that of a session with a channel, see payloads()
  @Nullable ChannelControls channelControls() {
    claim();
    Controls upgraded = controls;
    return upgraded == null || carriesPackets()
        ? null
        : new ChannelControls(endpoint, upgraded, (Inbound<ByteBuf>) inbound);
  }

  /** Adds to the context of a handler's work what the listeners want there. */
  Context within(Context context) {
    ObservedSession observed = endpoint.observed();
    return observed.listener().handlerContext(observed, context);
  }

  @Override
  public Mono<CloseReason> onClose() {
    claim();
    return end();
  }

  /** As {@link #onClose()}, but no use of the connection. */
  Mono<CloseReason> end() {
    return Isolated.mono(endpoint.lifecycle().onClose());
  }

  @Override
  public Mono<Undelivered> undelivered() {
    claim();
    return Isolated.mono(endpoint.undelivered());
  }

  @Override
  public void dispose() {
    claim();
    endpoint.lifecycle().dispose();
  }

  private void claim() {
    if (!claimed) {
      claimed = true;
    }
  }

  @Override
  public boolean isClaimed() {
    return claimed;
  }

  @Override
  public boolean isDisposed() {
    return endpoint.lifecycle().reason() != null;
  }

  @Override
  public String toString() {
    return "PeerConnection[" + remoteId + " at " + AddressText.of(remoteAddress()) + "]";
  }
}
