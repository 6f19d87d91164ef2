package io.fluxwire.spring.test.application;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerConnection;
import io.fluxwire.access.AccessList;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.Hello;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.fluxwire.spring.FluxwireServer;
import io.fluxwire.spring.test.AutoConfigureFluxwireNetwork;
import io.fluxwire.spring.test.FluxwireNetwork;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The whole application, with an identity of its own, in memory. */
@SpringBootTest(
    classes = {Application.class, WholeTest.Own.class},
    properties = "fluxwire.server.allow=")
@AutoConfigureFluxwireNetwork
class WholeTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final NodeKey OWN = NodeKey.generate();

  @Configuration(proxyBeanMethods = false)
  static class Own {

    @Bean
    NodeIdentity identity() {
      return OWN;
    }
  }

  @Test
  void allOfItIsThere(@Autowired ApplicationContext context) {
    assertThat(context.getBeansOfType(Store.class)).hasSize(1);
    assertThat(context.getBeansOfType(ApplicationAvailability.class)).hasSize(1);
  }

  @Test
  void friendsMeetItInMemory(
      @Autowired FluxwireNetwork network,
      @Autowired FluxwireServer server,
      @Autowired AccessList friends) {
    NodeKey friend = NodeKey.generate();
    friends.allow(friend.id());
    PeerConnection<Pkt> peer = network.client(friend, PacketCodec.pkt()).connect().block(LIMIT);
    assertThat(peer.sendOne(Hello.packet()).then(peer.receive().next()).block(LIMIT))
        .matches(Hello::is);
    assertThat(server.server().id()).isEqualTo(OWN.id());
    peer.close().block(LIMIT);
  }
}
