package client;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.spring.test.FluxwireNetwork;
import io.fluxwire.spring.test.FluxwireTest;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** The service that the client asks is the test's own. */
@FluxwireTest(properties = "fluxwire.clients.service.remotes=service.example.org:9735")
class ClientTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @Test
  void saysHello(@Autowired Client client, @Autowired FluxwireNetwork network) {
    DisposablePeerServer service =
        network.server("service").handle(peer -> peer.send(peer.receive())).bindNow();
    assertThat(client.hello().block(LIMIT)).isEqualTo("hello");
    service.disposeNow();
  }

  @Test
  void failsWhileNobodyIsThere(@Autowired Client client) {
    assertThat(client.hello().onErrorReturn("nobody").block(LIMIT)).isEqualTo("nobody");
  }
}
