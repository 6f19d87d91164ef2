package service;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.observe.SessionListener;
import io.fluxwire.spring.FluxwireServer;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class TwoNodesTest {

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class TwoNodes {

    @Bean
    FluxwireServer inner(MeterRegistry meters, SessionListener sessions) {
      return FluxwireServer.of(
          PeerServer.create(NodeKey.generate())
              .host("127.0.0.1")
              .meterRegistry(meters)
              .observe(sessions)
              .handle(peer -> peer.send(peer.receive())));
    }

    @Bean
    FluxwireServer outer() {
      return FluxwireServer.of(PeerServer.create(NodeKey.generate()).host("127.0.0.1"));
    }
  }

  @Test
  void bothListenAndAreSeen() {
    try (ConfigurableApplicationContext context =
        new SpringApplicationBuilder(TwoNodes.class)
            .run("--server.port=0", "--management.endpoints.web.exposure.include=fluxwire")) {
      FluxwireServer inner = context.getBean("inner", FluxwireServer.class);
      FluxwireServer outer = context.getBean("outer", FluxwireServer.class);
      assertThat(inner.server().port()).isNotEqualTo(outer.server().port());
      assertThat(inner.server().id()).isNotEqualTo(outer.server().id());
    }
  }
}
