package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.DialException;
import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerConnection;
import io.fluxwire.dial.AddressSource;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.proto.Pkt;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Starts that are waited for: they have a bound, and leave nothing behind when it is reached. */
class BlockingStartTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofMillis(20);

  @Test
  void aServerAndAClientAreThereWhenTheCallReturns() {
    try (DisposablePeerServer server = PeerServer.create().host("127.0.0.1").bindNow()) {
      PeerConnection<Pkt> peer =
          PeerClient.create().remote(server.address()).expect(server.id()).connectNow();
      assertThat(peer.remoteId()).isEqualTo(server.id());
      peer.disposeNow();
      assertThat(peer.isDisposed()).isTrue();
      assertThat(server.disposeNow()).isNotNull();
      assertThat(server.isDisposed()).isTrue();
    }
  }

  @Test
  void aServerThatDoesNotComeUpInTimeIsGivenUp() {
    NodeKey key = NodeKey.generate();
    CountDownLatch unlocked = new CountDownLatch(1);
    NodeIdentity slow =
        new NodeIdentity() {
          @Override
          public NodeId id() {
            try {
              unlocked.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return key.id();
          }

          @Override
          public Mono<byte[]> sign(byte[] hash) {
            return key.sign(hash);
          }

          @Override
          public String toString() {
            return "an HSM";
          }
        };
    PeerServer<Pkt> server = PeerServer.create(slow).host("127.0.0.1").port(9735);
    try {
      assertThatThrownBy(() -> server.bindNow(SHORT))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("PeerServer[127.0.0.1:9735, an HSM] does not listen after 20 ms");
    } finally {
      unlocked.countDown();
    }
  }

  @Test
  void aDialThatDoesNotGetThroughInTimeIsGivenUp() {
    AddressSource silent =
        new AddressSource() {
          @Override
          public Flux<List<SocketAddress>> addresses(Query query) {
            return Flux.never();
          }

          @Override
          public String toString() {
            return "a directory";
          }
        };
    assertThatThrownBy(() -> PeerClient.create().remote(silent).connectNow(SHORT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("to anyone at a directory")
        .hasMessageEndingWith("is not connected after 20 ms");
  }

  @Test
  void whatFailsThrowsItsOwnFailure() {
    DisposablePeerServer gone = PeerServer.create().host("127.0.0.1").bindNow();
    gone.disposeNow(LIMIT);
    assertThatThrownBy(() -> PeerClient.create().remote(gone.address()).connectNow())
        .isInstanceOf(DialException.class);
  }
}
