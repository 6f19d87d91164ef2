package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import java.io.IOException;
import java.time.Duration;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Mono;

/** Dials by a SOCKS proxy that nobody here wrote: Debian's microsocks. */
@Tag("processes")
@Timeout(120)
class MicrosocksTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final DisposablePeerServer server =
      PeerServer.create().host("127.0.0.1").handle(peer -> peer.send(peer.receive())).bindNow();
  private @Nullable RealProxy running;

  @AfterEach
  void stop() throws InterruptedException {
    server.disposeNow(LIMIT);
    if (running != null) {
      running.close();
    }
  }

  private SocksProxy start(String... options) throws IOException, InterruptedException {
    String program = RealProxy.program("microsocks", "microsocks");
    int port = RealProxy.freePort();
    running =
        RealProxy.start(
            port,
            program,
            Stream.concat(
                    Stream.of("-i", "127.0.0.1", "-p", Integer.toString(port)), Stream.of(options))
                .toArray(String[]::new));
    return SocksProxy.of("127.0.0.1", port);
  }

  private static Mono<PeerConnection<Pkt>> dial(SocksProxy proxy, String host, int port) {
    return PeerClient.create().proxy(proxy).remote(host, port).connect();
  }

  private static Reason failure(Mono<PeerConnection<Pkt>> dial) {
    return catchThrowableOfType(DialException.class, () -> dial.block(LIMIT)).reason();
  }

  @Test
  void peersMeetByANameThatTheProxyResolves() throws Exception {
    PeerConnection<Pkt> peer = dial(start(), "localhost", server.port()).block(LIMIT);
    peer.send(Mono.just(Hello.packet())).block(LIMIT);
    assertThat(peer.receive().blockFirst(LIMIT).getError().getProblem()).isEqualTo("hello");
    peer.close().block(LIMIT);
  }

  @Test
  void whereNobodyListensTheProxyConnectsInVain() throws Exception {
    SocksProxy proxy = start();
    assertThat(failure(dial(proxy, "127.0.0.1", RealProxy.freePort())))
        .isEqualTo(Reason.CONNECT_FAILED);
    assertThat(failure(dial(proxy, "node.invalid", 9735))).isEqualTo(Reason.CONNECT_FAILED);
  }

  @Test
  void whoHasThePasswordIsServed() throws Exception {
    SocksProxy proxy = start("-u", "alice", "-P", "wonderland");
    dial(proxy.credentials("alice", "wonderland"), "127.0.0.1", server.port())
        .block(LIMIT)
        .dispose();
    assertThat(failure(dial(proxy, "127.0.0.1", server.port()))).isEqualTo(Reason.PROXY_REFUSED);
    assertThat(failure(dial(proxy.credentials("alice", "another"), "127.0.0.1", server.port())))
        .isEqualTo(Reason.PROXY_REFUSED);
  }
}
