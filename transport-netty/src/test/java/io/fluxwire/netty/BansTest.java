package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fluxwire.DialException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.access.AccessList;
import io.fluxwire.access.Authorizer;
import io.fluxwire.access.BanList;
import io.fluxwire.access.Candidate;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.observe.SessionInfo;
import io.fluxwire.observe.SessionListener;
import io.fluxwire.proto.Pkt;
import io.fluxwire.testing.Thrown;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

class BansTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration DAY = Duration.ofDays(1);

  private final BanList bans = BanList.create();
  private final NodeKey alice = NodeKey.generate();
  private final NodeKey bob = NodeKey.generate();

  /** A peer is counted before its handler is called. */
  private final Sinks.Many<PeerConnection<Pkt>> met = Sinks.many().replay().all();

  private final DisposablePeerServer server =
      PeerServer.create()
          .host("127.0.0.1")
          .admit(bans.addresses())
          .authorize(bans.authorizer(Authorizer.anyone()))
          .handle(
              peer -> {
                met.emitNext(peer, Sinks.EmitFailureHandler.busyLooping(LIMIT));
                return peer.receive().then();
              })
          .bindNow();

  @AfterEach
  void stop() {
    server.disposeNow(LIMIT);
  }

  private Mono<PeerConnection<Pkt>> dial(NodeKey key) {
    return PeerClient.create().remote(server.address()).nodeKey(key).connect();
  }

  @Test
  void bannedPeersAreDisconnectedAndNobodyElse() {
    PeerConnection<Pkt> fromAlice = dial(alice).block(LIMIT);
    // Who does not read does not see the end.
    fromAlice.receive().subscribe();
    PeerConnection<Pkt> fromBob = dial(bob).block(LIMIT);
    met.asFlux().take(2).blockLast(LIMIT);
    Mono<Integer> disconnect = server.disconnect(bans::isBanned);
    assertThat(disconnect.block(LIMIT)).isZero();

    bans.ban(alice.id(), DAY);
    assertThat(disconnect.block(LIMIT)).isEqualTo(1);
    assertThat(fromAlice.onClose().block(LIMIT).reason()).isEqualTo(Reason.CLOSED_BY_PEER);
    assertThat(server.peerCount()).isEqualTo(1);
    assertThat(fromBob.isDisposed()).isFalse();
    fromBob.dispose();
  }

  /** The server knows the peer, and would not yet find it among those that it may disconnect. */
  private static SessionListener onceLetIn(Runnable code) {
    return new SessionListener() {
      @Override
      public void onEstablished(SessionInfo session) {
        code.run();
      }
    };
  }

  @Test
  void whoIsBannedWhileItIsLetInDoesNotReachAHandler() {
    AtomicInteger handled = new AtomicInteger();
    AccessList friends = AccessList.nobodyBut(List.of(alice.id(), bob.id()));
    PeerServer<Pkt> settings =
        PeerServer.create()
            .host("127.0.0.1")
            .authorize(bans.authorizer(friends))
            .handle(peer -> Mono.fromRunnable(handled::incrementAndGet).then(Mono.never()));
    for (Runnable change :
        List.<Runnable>of(() -> bans.ban(alice.id(), DAY), () -> friends.deny(bob.id()))) {
      DisposablePeerServer running = settings.observe(onceLetIn(change)).bindNow();
      NodeKey key = bans.isBanned(alice.id()) ? bob : alice;
      PeerConnection<Pkt> peer =
          PeerClient.create(key).remote(running.address()).connect().block(LIMIT);
      assertThat(peer.receive().blockLast(LIMIT)).isNull();
      assertThat(peer.onClose().block(LIMIT).reason()).isEqualTo(Reason.CLOSED_BY_PEER);
      running.disposeNow(LIMIT);
    }
    assertThat(handled).hasValue(0);
  }

  /** An authorizer that cannot say whether a peer may stay does not keep it. */
  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void anAuthorizerThatThrowsLetsNobodyStay(Throwable thrown) {
    Authorizer broken =
        new Authorizer() {
          @Override
          public Mono<Boolean> authorize(Candidate peer) {
            return Mono.just(true);
          }

          @Override
          public boolean mayStay(NodeId peer) {
            return Thrown.raise(thrown);
          }
        };
    DisposablePeerServer running =
        PeerServer.create().host("127.0.0.1").authorize(broken).bindNow();
    PeerConnection<Pkt> peer = PeerClient.create().remote(running.address()).connect().block(LIMIT);
    assertThat(peer.receive().blockLast(LIMIT)).isNull();
    running.disposeNow(LIMIT);
  }

  @Test
  void bannedNetworkIsNotAccepted() {
    bans.ban("127.0.0.0/8", DAY);
    assertThat(catchThrowableOfType(DialException.class, () -> dial(alice).block(LIMIT)))
        .isNotNull();
    bans.unban("127.0.0.0/8");
    dial(alice).block(LIMIT).dispose();
  }
}
