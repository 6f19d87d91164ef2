package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fluxwire.CidrList;
import io.fluxwire.DialException;
import io.fluxwire.HandshakeException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Sinks;

/** Which addresses are dialled, and which are accepted from. */
class AddressesTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Sinks.One<PeerException> refused = Sinks.one();
  private DisposablePeerServer server;

  @AfterEach
  void stop() {
    server.disposeNow(LIMIT);
  }

  private void listen(PeerServer<?> spec) {
    server =
        spec.host("127.0.0.1")
            .onHandshakeFailure((address, failure) -> refused.tryEmitValue(failure))
            .bindNow();
  }

  @Test
  void connectionFromElsewhereIsClosedBeforeAByteIsSent() throws IOException {
    listen(PeerServer.create().admit(CidrList.of("10.0.0.0/8")));
    try (Socket socket = new Socket(server.address().getAddress(), server.port())) {
      socket.setSoTimeout((int) LIMIT.toMillis());
      assertThatThrownBy(() -> socket.getInputStream().read()).hasMessage("Connection reset");
    }
    PeerException failure = refused.asMono().block(LIMIT);
    assertThat(failure).isInstanceOf(HandshakeException.class);
    assertThat(failure.reason()).isEqualTo(Reason.ADDRESS_REFUSED);
    assertThat(server.peerCount()).isZero();
  }

  @Test
  void connectionFromAnAdmittedAddressIsServed() {
    listen(
        PeerServer.create()
            .admit(CidrList.of("127.0.0.0/8"))
            .admit(CidrList.of("10.0.0.0/8").negate())
            .handle(peer -> peer.receive().then()));
    assertMeets(PeerClient.create().remote(server.address()));
  }

  @Test
  void addressThatMayNotBeDialledIsNot() {
    AtomicInteger accepted = new AtomicInteger();
    listen(
        PeerServer.create()
            .admit(
                address -> {
                  accepted.incrementAndGet();
                  return true;
                }));
    DialException failure =
        catchThrowableOfType(
            DialException.class,
            () ->
                PeerClient.create()
                    .remote("localhost", server.port())
                    .dialOnly(CidrList.of("127.0.0.0/8", "::1").negate())
                    .connect()
                    .block(LIMIT));
    assertThat(failure.failures())
        .isNotEmpty()
        .allSatisfy(
            attempt -> assertThat(attempt.cause().reason()).isEqualTo(Reason.ADDRESS_REFUSED));
    assertThat(accepted).hasValue(0);
  }

  @Test
  void addressThatPassesIsDialled() {
    listen(PeerServer.create());
    assertMeets(PeerClient.create().remote(server.address()).dialOnly(CidrList.of("127.0.0.0/8")));
  }

  private void assertMeets(PeerClient<?> client) {
    PeerConnection<?> peer = client.connect().block(LIMIT);
    assertThat(peer.remoteId()).isEqualTo(server.id());
    peer.dispose();
  }
}
