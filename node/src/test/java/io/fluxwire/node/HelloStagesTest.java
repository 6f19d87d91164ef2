package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.access.Authorizer;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** At each stage that can fail, {@code hello} says which it was: in one line, with exit code 1. */
@ExtendWith(NoStandardInput.class)
class HelloStagesTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final NodeId NOBODY = NodeKey.generate().id();

  private final Said out = new Said();
  private final Said err = new Said();
  private DisposablePeerServer server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.disposeNow(LIMIT);
    }
  }

  private String listen(PeerServer<Pkt> peers) {
    server = peers.host("127.0.0.1").bindNow();
    return "127.0.0.1:" + server.port();
  }

  private int hello(String... args) {
    String[] line = new String[args.length + 1];
    line[0] = "hello";
    System.arraycopy(args, 0, line, 1, args.length);
    return Main.run(new Output("out", out, false), new Output("err", err, true), line);
  }

  private AbstractStringAssert<?> failureOf(String... args) {
    assertThat(hello(args)).isEqualTo(1);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString().lines()).hasSize(1);
    return assertThat(err.toString()).startsWith("hello: ");
  }

  @Test
  void helloSaysWhoAnsweredAndIsWhomItsKeySays(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("node.key");
    NodeKey key = NodeKey.loadOrCreate(file);
    Sinks.One<NodeId> met = Sinks.one();
    String remote =
        listen(
            PeerServer.create()
                .handle(
                    peer -> {
                      met.tryEmitValue(peer.remoteId());
                      return peer.send(Mono.just(Hello.packet())).and(peer.receive());
                    }));

    assertThat(hello(remote, "--key", file.toString(), "--expect", server.id().toString()))
        .as(err.toString())
        .isZero();
    assertThat(out.toString().lines()).containsExactly("hello from " + server.id());
    assertThat(err.toString()).isEmpty();
    assertThat(met.asMono().block(LIMIT)).isEqualTo(key.id());
  }

  @Test
  void aNodeThatIsNotTheExpectedOne() {
    String remote = listen(PeerServer.create());

    failureOf(remote, "--expect", NOBODY.toString())
        .contains("authenticate failed")
        .contains(NOBODY.toString())
        .contains(server.id().toString());
  }

  @Test
  void aPortWhereNobodyListens() throws IOException {
    // Bound, so that nobody else takes it, but not listening.
    try (Socket idle = new Socket()) {
      idle.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));

      failureOf("127.0.0.1:" + idle.getLocalPort())
          .contains("connect failed")
          .contains("127.0.0.1:" + idle.getLocalPort());
    }
  }

  @Test
  void aServerOfAnotherProtocol() throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread talking =
          new Thread(
              () -> {
                try (Socket socket = other.accept()) {
                  socket
                      .getOutputStream()
                      .write(
                          "220 mail.test ready for whatever you say\r\n"
                              .getBytes(StandardCharsets.US_ASCII));
                  socket.getInputStream().readAllBytes();
                } catch (IOException e) {
                  // What the dialler makes of it is what counts.
                }
              });
      talking.start();

      failureOf("127.0.0.1:" + other.getLocalPort()).contains("session key exchange failed");
      talking.join();
    }
  }

  @Test
  void aServerThatSaysNothing() throws IOException {
    // The system accepts for it.
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      failureOf("127.0.0.1:" + silent.getLocalPort(), "--timeout", "300ms")
          .contains("handshake failed")
          .contains("not done within 300 ms")
          .contains("still waiting for the peer's session key");
    }
  }

  @Test
  void aServerThatSaysNoMoreThanItsKey() throws Exception {
    SessionKeyPair key = SessionKeyPair.generate(Secp256k1.preferred(), new SecureRandom());
    try (ServerSocket mute = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Socket> told =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  Socket socket = mute.accept();
                  socket.getOutputStream().write(key.publicKey());
                  return socket;
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      failureOf("127.0.0.1:" + mute.getLocalPort(), "--timeout", "3s")
          .contains("still waiting for the peer's authenticate");
      told.join().close();
    }
  }

  /** The process ends next, and would take along what is not in the peer's hands. */
  @Test
  void aWrongPeerHasHeardThatItIsOneWhenTheCommandEnds() throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<FramePeer> accepted =
          CompletableFuture.supplyAsync(() -> FramePeer.impostorAt(listener));
      failureOf("127.0.0.1:" + listener.getLocalPort(), "--expect", NOBODY.toString())
          .contains("authenticate failed");
      try (FramePeer peer = accepted.join()) {
        assertThat(peer.available()).as("is here already").isPositive();
        assertThat(Pkt.parseFrom(peer.receive()).getError().getProblem())
            .contains("another node than this one");
      }
    }
  }

  @Test
  void aPeerThatDoesNotServeThisNode() {
    String remote = listen(PeerServer.create().authorize(Authorizer.allowing(List.of(NOBODY))));

    failureOf(remote).contains("session failed").contains("not authorized");
  }

  @Test
  void aPeerThatNeverSaysHello() {
    String remote = listen(PeerServer.create().handle(peer -> peer.receive().then()));

    // The handshake has to be done within it, on a busy machine, too.
    failureOf(remote, "--timeout", "6s").contains("still waiting for hello from " + server.id());
  }

  @Test
  void aPeerThatClosesInstead() {
    String remote = listen(PeerServer.create().handle(peer -> Mono.empty()));

    failureOf(remote).contains("closed without saying it");
  }

  @Test
  void aKeyFileThatIsNotThere(@TempDir Path folder) {
    Path missing = folder.resolve("missing.key");

    failureOf("127.0.0.1:1", "--key", missing.toString())
        .contains(missing.toString())
        .contains("no such file");
  }
}
