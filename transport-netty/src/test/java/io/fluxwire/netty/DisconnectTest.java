package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.packet.Hello;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** Peers that go away in the middle, over real sockets; leaks fail the build elsewhere. */
class DisconnectTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** A session key and an authenticate of 114 bytes in its frame. */
  private static final int HANDSHAKE = 33 + 40 + 128;

  private final BlockingQueue<PeerException> failures = new LinkedTransferQueue<>();
  private final DisposablePeerServer server =
      PeerServer.create()
          .host("127.0.0.1")
          .doOnHandshakeFailure(failure -> failures.add(failure.cause()))
          .bindNow();

  @AfterEach
  void stop() {
    server.disposeNow(LIMIT);
    assertThat(failures).as("each failure is told once").isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aPeerThatBreaksOffAnywhereInTheHandshakeIsOneFailure(boolean byReset) throws Exception {
    Set<Reason> expected =
        byReset
            ? Set.of(Reason.CONNECTION_LOST, Reason.FRAME_TRUNCATED, Reason.CLOSED_BY_PEER)
            : Set.of(Reason.FRAME_TRUNCATED, Reason.CLOSED_BY_PEER);
    for (int bytes = 0; bytes < HANDSHAKE; bytes += 3) {
      OldPeer old = OldPeer.dial(server.address());
      old.breakAfter(bytes);
      try {
        old.handshake();
      } catch (OldPeer.BrokenOffException e) {
        if (byReset) {
          old.reset();
        } else {
          old.close();
        }
      }
      PeerException failure = failures.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
      assertThat(failure).as("after %d bytes", bytes).isNotNull();
      assertThat(failure.reason()).as("after %d bytes", bytes).isIn(expected);
    }

    try (OldPeer honest = OldPeer.dial(server.address())) {
      honest.handshake();
      honest.send(OldPeer.error(Hello.PROBLEM));
    }
  }

  @Test
  void aDialThatIsCancelledWhileThePeerIsSilentClosesItsSocket() throws Exception {
    try (ServerSocket listener = OldPeer.listen()) {
      Disposable dial =
          PeerClient.create()
              .remote("127.0.0.1", listener.getLocalPort())
              .connect()
              .subscribe(peer -> {}, failure -> {});
      try (Socket socket = listener.accept()) {
        socket.setSoTimeout((int) LIMIT.toMillis());
        assertThat(socket.getInputStream().readNBytes(33)).as("its session key").hasSize(33);
        dial.dispose();
        assertThat(socket.getInputStream().read()).as("the end").isNegative();
      }
    }
  }

  @Test
  void aDialToAPeerThatHangsUpFailsWithTheReason() throws Exception {
    try (ServerSocket listener = OldPeer.listen()) {
      Thread rude =
          new Thread(
              () -> {
                try (Socket socket = listener.accept()) {
                  socket.getInputStream().readNBytes(33);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      rude.start();
      Throwable failure =
          PeerClient.create()
              .remote("127.0.0.1", listener.getLocalPort())
              .connect()
              .<Throwable>map(peer -> new AssertionError("connected"))
              .onErrorResume(Mono::just)
              .block(LIMIT);
      rude.join();

      assertThat(failure)
          .isInstanceOfSatisfying(
              PeerException.class, e -> assertThat(e.reason()).isEqualTo(Reason.CLOSED_BY_PEER))
          .hasMessageContaining("before it sent its session key");
    }
  }
}
