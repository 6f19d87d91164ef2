package io.fluxwire.rsocket;

import static io.fluxwire.rsocket.Peers.get;
import static io.fluxwire.rsocket.Peers.payload;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.AuthenticationException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.access.AccessList;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.rsocket.Payload;
import io.rsocket.RSocket;
import io.rsocket.SocketAcceptor;
import io.rsocket.exceptions.ConnectionErrorException;
import io.rsocket.util.DefaultPayload;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.Publisher;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Handlers know who asks, and nobody else reaches them. */
@Timeout(120)
class RSocketPeerTest {

  private final BlockingQueue<String> heard = new LinkedTransferQueue<>();

  /** Says who asked, in every kind of answer. */
  private final class Who implements RSocket {

    private Mono<String> asked(String how) {
      return RSocketPeer.current().map(peer -> how + " by " + peer).doOnNext(heard::add);
    }

    @Override
    public Mono<Void> fireAndForget(Payload payload) {
      payload.release();
      return asked("fire and forget").then();
    }

    @Override
    public Mono<Payload> requestResponse(Payload payload) {
      payload.release();
      return asked("request").map(DefaultPayload::create);
    }

    @Override
    public Flux<Payload> requestStream(Payload payload) {
      payload.release();
      return asked("stream").map(DefaultPayload::create).flux();
    }

    @Override
    public Flux<Payload> requestChannel(Publisher<Payload> payloads) {
      return Flux.from(payloads)
          .doOnNext(Payload::release)
          .thenMany(asked("channel").map(DefaultPayload::create));
    }

    @Override
    public Mono<Void> metadataPush(Payload payload) {
      payload.release();
      return asked("metadata push").then();
    }
  }

  private SocketAcceptor who() {
    Who handler = new Who();
    return (setup, requester) -> handler.asked("setup").thenReturn(handler);
  }

  private String next() throws InterruptedException {
    return heard.poll(60, TimeUnit.SECONDS);
  }

  private void assertAllToldOf(RSocket requester, String id) throws InterruptedException {
    requester.fireAndForget(payload("")).block(Peers.PATIENCE);
    assertThat(next()).isEqualTo("fire and forget by " + id);
    assertThat(get(requester.requestResponse(payload(""))).getDataUtf8())
        .isEqualTo("request by " + id)
        .isEqualTo(next());
    assertThat(get(requester.requestStream(payload("")).next()).getDataUtf8())
        .isEqualTo("stream by " + id)
        .isEqualTo(next());
    assertThat(get(requester.requestChannel(Mono.just(payload(""))).next()).getDataUtf8())
        .isEqualTo("channel by " + id)
        .isEqualTo(next());
    requester.metadataPush(DefaultPayload.create("", "pushed")).block(Peers.PATIENCE);
    assertThat(next()).isEqualTo("metadata push by " + id);
  }

  @Test
  void aServersHandlersKnowTheClient() throws Exception {
    for (UpgradePolicy upgrade : List.of(UpgradePolicy.off(), UpgradePolicy.required())) {
      try (Peers peers = new Peers(who(), upgrade, server -> server)) {
        RSocket client = peers.rsocket();
        assertThat(next()).isEqualTo("setup by " + peers.clientKey.id());
        assertAllToldOf(client, peers.clientKey.id().toString());
        client.dispose();
      }
    }
  }

  @Test
  void aClientsHandlersKnowTheServer() throws Exception {
    BlockingQueue<RSocket> requesters = new LinkedTransferQueue<>();
    SocketAcceptor keeping =
        (setup, requester) -> {
          requesters.add(requester);
          return Mono.just(new RSocket() {});
        };
    try (Peers peers = new Peers(keeping)) {
      RSocket client = peers.rsocket(who());
      assertThat(next()).isEqualTo("setup by " + peers.serverKey.id());
      assertAllToldOf(requesters.poll(60, TimeUnit.SECONDS), peers.serverKey.id().toString());
      client.dispose();
    }
  }

  @Test
  void whoIsNotLetInReachesNoAcceptor() {
    AtomicInteger accepted = new AtomicInteger();
    SocketAcceptor counting =
        (setup, requester) -> {
          accepted.incrementAndGet();
          return Mono.just(new Who());
        };
    AccessList others = AccessList.nobodyBut(List.of());
    for (UpgradePolicy upgrade : List.of(UpgradePolicy.off(), UpgradePolicy.required())) {
      try (Peers peers = new Peers(counting, upgrade, server -> server.authorize(others))) {
        // In version 3 a dialer hears of the refusal only later.
        assertThatThrownBy(() -> get(peers.rsocket().requestResponse(payload("let me in"))))
            .extracting(Exceptions::unwrap)
            .isInstanceOfAny(
                PeerException.class, ConnectionErrorException.class, ClosedChannelException.class);
        peers.server.disposeNow();
        assertThat(peers.accepted).isEmpty();
      }
    }
    assertThat(accepted).hasValue(0);
  }

  @Test
  void aConnectorUsesNoOtherPeer() {
    try (Peers peers = new Peers(who())) {
      Mono<RSocket> connecting =
          FluxwireRSocket.connector(NodeKey.generate().id()).connect(peers.transport());
      assertThatThrownBy(() -> get(connecting))
          .isInstanceOfSatisfying(
              AuthenticationException.class,
              e -> assertThat(e.reason()).isEqualTo(Reason.NODE_ID_UNEXPECTED));
    }
  }

  @Test
  void nobodyAsksElsewhere() {
    assertThatThrownBy(() -> get(RSocketPeer.current())).isInstanceOf(IllegalStateException.class);
  }
}
