package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerConnection;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.proto.Pkt;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A node that is given no key makes one when it is needed, and not before. */
@Tag("slow")
class ThrowawayKeyTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String NOT_MADE = "a throw-away key, not made yet";

  @Test
  void aKeyIsMadeOnceAndWhenItIsAskedFor() {
    ThrowawayKey key = new ThrowawayKey();
    assertThat(key).asString().isEqualTo(NOT_MADE);
    Mono<byte[]> signature = key.sign(new byte[32]);
    assertThat(key).asString().isEqualTo(NOT_MADE);
    assertThat(signature.block(LIMIT)).hasSize(64);
    assertThat(key.agree(NodeKey.generate().id().toBytes()).block(LIMIT)).hasSize(32);
    NodeId id = key.id();
    assertThat(key.id()).isEqualTo(id);
    assertThat(key).asString().contains(id.toString(), "***");
  }

  @Test
  void whatIsCreatedAndSetMakesNoKey() {
    assertThat(PeerServer.create().host("127.0.0.1").port(9735))
        .asString()
        .isEqualTo("PeerServer[127.0.0.1:9735, " + NOT_MADE + "]");
    assertThat(PeerClient.create().remote("::1", 9735))
        .asString()
        .isEqualTo("PeerClient[to anyone at [::1]:9735, " + NOT_MADE + "]");
  }

  /** In a process of its own, since a curve is chosen once. */
  @Test
  void whatIsCreatedLoadsNoCurve(@TempDir Path folder) throws Exception {
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-Dfluxwire.secp256k1=none",
                WithoutCurve.class.getName())
            .redirectOutput(output.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      assertThat(process.waitFor(2, TimeUnit.MINUTES)).as("it ends").isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(Files.readAllLines(output))
        .containsSubsequence(
            "PeerServer[127.0.0.1:0, " + NOT_MADE + "]",
            "PeerClient[to anyone at 127.0.0.1:9735, " + NOT_MADE + "]")
        .last()
        .asString()
        .startsWith("bind: -Dfluxwire.secp256k1=none: unknown");
  }

  @Test
  void aServerAndItsCopiesAreOneNodeAndSoAreAClientAndIts() {
    PeerServer<Pkt> server = PeerServer.create().host("127.0.0.1");
    PeerClient<Pkt> client = PeerClient.create();
    Sinks.Many<NodeId> met = Sinks.many().replay().all();
    try (DisposablePeerServer one = server.bindNow();
        DisposablePeerServer other =
            server
                .handle(
                    peer -> {
                      met.tryEmitNext(peer.remoteId());
                      return Mono.empty();
                    })
                .bindNow()) {
      assertThat(other.id()).isEqualTo(one.id());
      for (int i = 0; i < 2; i++) {
        PeerConnection<Pkt> peer = client.remote(other.address()).connect().block(LIMIT);
        peer.onClose().block(LIMIT);
      }
      assertThat(met.asFlux().take(2).distinct().collectList().block(LIMIT)).hasSize(1);
    }
  }

  @Test
  void aServerWhoseKeyCannotBeAskedDoesNotListen() {
    IllegalStateException locked = new IllegalStateException("the HSM is locked");
    NodeIdentity key =
        new NodeIdentity() {
          @Override
          public NodeId id() {
            throw locked;
          }

          @Override
          public Mono<byte[]> sign(byte[] hash) {
            return Mono.error(locked);
          }
        };
    Mono<Throwable> failure =
        PeerServer.create(key)
            .host("127.0.0.1")
            .bind()
            .flatMap(listening -> Mono.<Throwable>empty())
            .onErrorResume(Mono::just);
    assertThat(failure.block(LIMIT)).isSameAs(locked);
  }
}
