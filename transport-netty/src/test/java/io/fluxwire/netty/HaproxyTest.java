package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.access.CidrList;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/** Peers that come by a balancer that nobody here wrote: Debian's haproxy. */
@Tag("processes")
@Timeout(120)
@EnabledOnOs(OS.LINUX) // Its loopback interface has all of 127.0.0.0/8.
class HaproxyTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final InetAddress CLIENT = InetAddress.getLoopbackAddress();

  /** Where it comes from, so that its address is another one than that of its clients. */
  private static final String BALANCER = "127.0.0.9";

  @TempDir private Path folder;

  private final Semaphore accepted = new Semaphore(0);
  private final BlockingQueue<HandshakeFailure> failures = new LinkedTransferQueue<>();
  private final BlockingQueue<PeerConnection<Pkt>> met = new LinkedTransferQueue<>();
  private final DisposablePeerServer server =
      PeerServer.create()
          .host("127.0.0.1")
          .proxyProtocol(
              address -> {
                accepted.release();
                return CidrList.of(BALANCER).test(address);
              })
          .doOnHandshakeFailure(failures::add)
          .doOnConnection(met::add)
          .handle(peer -> peer.send(peer.receive()))
          .bindNow();
  private @Nullable RealProxy running;

  @AfterEach
  void stop() throws InterruptedException {
    server.disposeNow(LIMIT);
    if (running != null) {
      running.close();
    }
  }

  /** Starts one, and gives its port. */
  private int start(String source, String options) throws Exception {
    String program = RealProxy.program("haproxy", "haproxy");
    int port = RealProxy.freePort();
    Path configuration =
        Files.writeString(
            folder.resolve("haproxy.cfg"),
            """
            defaults
              mode tcp
              timeout connect 30s
              timeout client 60s
              timeout server 60s
            listen node
              bind 127.0.0.1:%d
              source %s
              server node 127.0.0.1:%d %s
            """
                .formatted(port, source, server.port(), options));
    running = RealProxy.start(port, program, "-db", "-f", configuration.toString());
    return port;
  }

  private static String from(HandshakeFailure failure) {
    return ((InetSocketAddress) failure.remoteAddress()).getAddress().getHostAddress();
  }

  @ParameterizedTest
  @ValueSource(strings = {"send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c"})
  void aPeerHasItsOwnAddress(String version) throws Exception {
    int port = start(BALANCER, version);

    PeerConnection<Pkt> peer = PeerClient.create().remote("127.0.0.1", port).connect().block(LIMIT);

    peer.send(Mono.just(Hello.packet())).block(LIMIT);
    assertThat(peer.receive().blockFirst(LIMIT).getError().getProblem()).isEqualTo("hello");
    PeerConnection<Pkt> seen = met.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
    assertThat(seen.remoteId()).isNotEqualTo(server.id());
    assertThat(((InetSocketAddress) seen.remoteAddress()).getAddress()).isEqualTo(CLIENT);
    peer.close().block(LIMIT);
  }

  @Test
  void whoIsNotNamedCannotClaimAnAddress() throws Exception {
    int port = start("127.0.0.8", "send-proxy-v2");

    DialException failed =
        catchThrowableOfType(
            DialException.class,
            () -> PeerClient.create().remote("127.0.0.1", port).connect().block(LIMIT));

    assertThat(failed).isNotNull();
    // Whoever waited for it to listen came and went, and may have failed for another reason.
    HandshakeFailure failure = failures.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
    while (failure.cause().reason() != Reason.SESSION_KEY_PREFIX) {
      failure = failures.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
      assertThat(failure).as("the peer's").isNotNull();
    }
    assertThat(from(failure)).isEqualTo("127.0.0.8");
    assertThat(met).isEmpty();
  }

  @Test
  void aBalancerThatSendsNoHeaderIsRefused() throws Exception {
    int port = start(BALANCER, "");

    assertThat(
            catchThrowableOfType(
                DialException.class,
                () -> PeerClient.create().remote("127.0.0.1", port).connect().block(LIMIT)))
        .isNotNull();

    assertThat(failures.poll(LIMIT.toSeconds(), TimeUnit.SECONDS).cause().reason())
        .isEqualTo(Reason.PROXY_HEADER_MISSING);
  }

  @ParameterizedTest
  @ValueSource(strings = {"send-proxy", "send-proxy-v2"})
  void itsHealthChecksAreNoFailures(String version) throws Exception {
    int port = start(BALANCER, version + " check inter 20ms");

    assertThat(accepted.tryAcquire(10, LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    // It sends peers only where its checks go well.
    PeerClient.create().remote("127.0.0.1", port).connect().block(LIMIT).dispose();

    assertThat(accepted.tryAcquire(10, LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    // Whoever waited for it to listen was a client, who came and went.
    assertThat(failures).noneMatch(failure -> from(failure).equals(BALANCER));
  }
}
