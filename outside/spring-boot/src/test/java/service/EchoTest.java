package service;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerConnection;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import io.fluxwire.spring.test.FluxwireNetwork;
import io.fluxwire.spring.test.FluxwireTest;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

@FluxwireTest
class EchoTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @Test
  void whatIsSentComesBack(@Autowired FluxwireNetwork network) {
    PeerConnection<Pkt> peer = network.client().connect().block(LIMIT);
    Pkt answer = peer.sendOne(Hello.packet()).then(peer.receive().next()).block(LIMIT);
    assertThat(answer).matches(Hello::is);
  }
}
