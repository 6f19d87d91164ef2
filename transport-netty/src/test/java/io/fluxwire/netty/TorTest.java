package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fluxwire.DialException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Dials by Debian's tor, which is cut off from its network: its only authority is a port of this
 * machine where nobody listens. So it answers, and reaches nothing.
 */
@Tag("processes")
@Timeout(120)
class TorTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String ONION =
      "vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd.onion";

  @TempDir private Path folder;

  private @Nullable RealProxy running;

  @AfterEach
  void stop() throws InterruptedException {
    if (running != null) {
      running.close();
    }
  }

  private SocksProxy start() throws Exception {
    String program = RealProxy.program("tor", "tor");
    int port = RealProxy.freePort();
    Path configuration =
        Files.writeString(
            folder.resolve("torrc"),
            """
            SocksPort 127.0.0.1:%d
            # An application that gives it addresses has asked DNS for them, and is refused.
            SafeSocks 1
            SocksTimeout 2
            DataDirectory %s
            ClientOnly 1
            DirAuthority none orport=1 v3ident=%3$s 127.0.0.1:1 %3$s
            UseDefaultFallbackDirs 0
            """
                .formatted(port, folder.resolve("data"), "0".repeat(39) + "1"));
    running =
        RealProxy.start(
            port, program, "-f", configuration.toString(), "--defaults-torrc", "/dev/null");
    return SocksProxy.of("127.0.0.1", port);
  }

  private static PeerException failure(SocksProxy proxy, String host) {
    return catchThrowableOfType(
        DialException.class,
        () -> PeerClient.create().proxy(proxy).remote(host, 9735).connect().block(LIMIT));
  }

  @Test
  void namesAreTorsToLookUpAndItReachesNone() throws Exception {
    SocksProxy proxy = start();
    String by = "by the proxy at 127.0.0.1:" + proxy.address().getPort();
    for (String name : new String[] {ONION, "node.example"}) {
      PeerException failure = failure(proxy, name);
      assertThat(failure.reason()).as(name).isEqualTo(Reason.CONNECT_FAILED);
      assertThat(failure).hasMessageContaining(by);
    }
    // One whose checksum is wrong: Tor knows without its network.
    PeerException wrong = failure(proxy, "a".repeat(56) + ".onion");
    assertThat(wrong.reason()).isEqualTo(Reason.CONNECT_FAILED);
    assertThat(wrong).hasMessageContaining(by);
  }

  @Test
  void anyUserNameIsTakenSinceItNamesACircuit() throws Exception {
    assertThat(failure(start().credentials("peer", "of this process"), ONION).reason())
        .isEqualTo(Reason.CONNECT_FAILED);
  }

  @Test
  void anAddressThatWasAskedOfDnsIsRefused() throws Exception {
    assertThat(failure(start(), "192.0.2.1").reason()).isEqualTo(Reason.PROXY_REFUSED);
  }
}
