package readme;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.packet.Hello;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Runs what README shows. */
class ReadmeTest {

  @Test
  void theClientMeetsTheServer() {
    NodeKey alice = NodeKey.generate();
    try (DisposablePeerServer server = EchoServer.start(alice, 0)) {
      assertThat(
              EchoClient.hello("localhost", server.port(), alice.id())
                  .block(Duration.ofSeconds(30)))
          .matches(Hello::is);
    }
  }
}
