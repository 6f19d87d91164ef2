package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.proto.Pkt;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A handshake that takes long makes way, over sockets. */
class EvictionTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  @Test
  void whoSaysNothingMakesWayForWhoDoes() throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    Queue<Reason> failures = new ConcurrentLinkedQueue<>();
    // On the event loop of the one, maybe after the other one is in.
    CountDownLatch evicted = new CountDownLatch(1);
    DisposablePeerServer server =
        PeerServer.create()
            .host("127.0.0.1")
            .limits(limits -> limits.handshakes(1, 1).shared(address -> false))
            .timeouts(timeouts -> timeouts.handshake(LIMIT.multipliedBy(2)))
            .doOnHandshakeFailure(
                failure -> {
                  failures.add(failure.cause().reason());
                  if (failure.cause().reason() == Reason.HANDSHAKE_EVICTED) {
                    evicted.countDown();
                  }
                })
            .meterRegistry(registry)
            .bindNow();
    InetSocketAddress target = (InetSocketAddress) server.address();
    try (Socket silent =
        new Socket(target.getAddress(), target.getPort(), InetAddress.getByName("127.0.0.2"), 0)) {
      awaitPending(registry, 1);
      PeerConnection<Pkt> peer = dialUntilIn(target);
      assertThat(evicted.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(failures.stream().filter(Reason.HANDSHAKE_EVICTED::equals)).hasSize(1);
      assertThat(
              registry
                  .get("fluxwire.handshakes.refused")
                  .tag("reason", "handshake_evicted")
                  .counter()
                  .count())
          .isEqualTo(1);
      assertThat(isReset(silent)).isTrue();
      // The dialer is through before the server is.
      awaitPending(registry, 0);
      assertThat(peer.isDisposed()).isFalse();
      peer.close().block(LIMIT);
    } finally {
      server.disposeNow(LIMIT);
    }
  }

  /** Connections are admitted on event loops of their own, so the later one may come first. */
  private static void awaitPending(SimpleMeterRegistry registry, int count)
      throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (registry.get("fluxwire.handshakes.pending").gauge().value() != count) {
      assertThat(System.nanoTime()).as("%s handshakes are pending", count).isLessThan(deadline);
      Thread.sleep(10);
    }
  }

  private static PeerConnection<Pkt> dialUntilIn(InetSocketAddress target)
      throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      try {
        return PeerClient.create().remote(target).connect().block(LIMIT);
      } catch (PeerException e) {
        assertThat(System.nanoTime()).as("nobody made way").isLessThan(deadline);
        Thread.sleep(50);
      }
    }
  }

  private static boolean isReset(Socket socket) throws IOException {
    try {
      while (socket.getInputStream().read() >= 0) {
        // The server's session key.
      }
      return false;
    } catch (SocketException e) {
      return true;
    }
  }
}
