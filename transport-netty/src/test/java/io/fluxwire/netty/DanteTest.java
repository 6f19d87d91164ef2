package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

/** Dials by a SOCKS proxy that nobody here wrote, and that has rules: Debian's dante-server. */
@Tag("processes")
@Timeout(120)
class DanteTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir private Path folder;

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

  /** Starts one whose rules forbid 127.0.0.5. */
  private SocksProxy start(String method) throws Exception {
    String program = RealProxy.program("danted", "dante-server");
    int port = RealProxy.freePort();
    // Only root may be told to become somebody else.
    String users =
        System.getProperty("user.name").equals("root")
            ? "user.privileged: root\nuser.unprivileged: nobody\n"
            : "";
    Path configuration =
        Files.writeString(
            folder.resolve("danted.conf"),
            """
            logoutput: stderr
            internal: 127.0.0.1 port = %d
            external: 127.0.0.1
            clientmethod: none
            socksmethod: %s
            %s
            client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }
            socks block { from: 127.0.0.0/8 to: 127.0.0.5/32 }
            socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0 protocol: tcp }
            """
                .formatted(port, method, users));
    running =
        RealProxy.start(
            port,
            program,
            "-f",
            configuration.toString(),
            "-p",
            folder.resolve("danted.pid").toString());
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
    PeerConnection<Pkt> peer = dial(start("none"), "localhost", server.port()).block(LIMIT);
    peer.send(Mono.just(Hello.packet())).block(LIMIT);
    assertThat(peer.receive().blockFirst(LIMIT).getError().getProblem()).isEqualTo("hello");
    peer.close().block(LIMIT);
  }

  @Test
  void whatItsRulesForbidIsRefused() throws Exception {
    SocksProxy proxy = start("none");
    assertThat(failure(dial(proxy, "127.0.0.5", server.port()))).isEqualTo(Reason.PROXY_REFUSED);
    // The rules are about addresses: the one beside it has nobody who listens.
    assertThat(failure(dial(proxy, "127.0.0.6", RealProxy.freePort())))
        .isEqualTo(Reason.CONNECT_FAILED);
    assertThat(failure(dial(proxy, "node.invalid", 9735))).isEqualTo(Reason.CONNECT_FAILED);
  }

  @Test
  void whoHasNoPasswordOrAWrongOneIsRefused() throws Exception {
    SocksProxy proxy = start("username");
    assertThat(failure(dial(proxy, "127.0.0.1", server.port()))).isEqualTo(Reason.PROXY_REFUSED);
    assertThat(
            failure(
                dial(proxy.credentials("no-such-user", "wonderland"), "127.0.0.1", server.port())))
        .isEqualTo(Reason.PROXY_REFUSED);
  }
}
