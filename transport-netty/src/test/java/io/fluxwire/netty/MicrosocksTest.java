package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** Dials by a SOCKS proxy that nobody here wrote: Debian's microsocks. */
class MicrosocksTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String NAME = "microsocks";

  private final DisposablePeerServer server =
      PeerServer.create().host("127.0.0.1").handle(peer -> peer.send(peer.receive())).bindNow();
  private Process process;

  @BeforeEach
  void isInstalled() {
    assumeTrue(
        Stream.of(System.getenv("PATH").split(File.pathSeparator))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, NAME))),
        "there is no " + NAME + ": apt-get install " + NAME);
  }

  @AfterEach
  void stop() throws InterruptedException {
    server.disposeNow(LIMIT);
    if (process != null) {
      process.destroyForcibly().waitFor();
    }
  }

  private SocksProxy start(String... options) throws IOException, InterruptedException {
    int port = freePort();
    List<String> command =
        new ArrayList<>(List.of(NAME, "-i", "127.0.0.1", "-p", Integer.toString(port)));
    command.addAll(List.of(options));
    process =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    awaitListening(port);
    return SocksProxy.of("127.0.0.1", port);
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  private void awaitListening(int port) throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return;
      } catch (IOException e) {
        assertThat(process.isAlive()).as("it runs").isTrue();
        assertThat(System.nanoTime()).as("it does not listen").isLessThan(deadline);
        Thread.sleep(10);
      }
    }
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
    assertThat(failure(dial(proxy, "127.0.0.1", freePort()))).isEqualTo(Reason.CONNECT_FAILED);
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
