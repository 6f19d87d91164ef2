package io.fluxwire.spring.test;

import io.fluxwire.NodeIdentity;
import io.fluxwire.channel.ChannelStore;
import io.fluxwire.channel.MemoryChannelStore;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.spring.FluxwireAutoConfiguration;
import io.fluxwire.spring.PeerClientCustomizer;
import io.fluxwire.spring.PeerServerCustomizer;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** The application's node in the network in memory: see {@link AutoConfigureFluxwireNetwork}. */
@AutoConfiguration(before = FluxwireAutoConfiguration.class)
public final class FluxwireNetworkAutoConfiguration {

  /** For Spring. */
  public FluxwireNetworkAutoConfiguration() {}

  /** Has the name of the key that the properties make, whose place it takes. */
  @Bean(destroyMethod = "destroy")
  @ConditionalOnMissingBean(NodeIdentity.class)
  NodeKey fluxwireNodeKey() {
    return NodeKey.generate();
  }

  @Bean
  FluxwireNetwork fluxwireNetwork(NodeIdentity application, PeerKeys keys) {
    return new FluxwireNetwork(application, keys);
  }

  @Bean
  @ConditionalOnProperty("fluxwire.channels.folder")
  @ConditionalOnMissingBean
  ChannelStore fluxwireChannelStore() {
    return MemoryChannelStore.create();
  }

  /** After the application's customizers, which may set another transport. */
  @Bean
  @Order(Ordered.LOWEST_PRECEDENCE)
  PeerServerCustomizer<Object> fluxwireNetworkServer(FluxwireNetwork network) {
    return network::listening;
  }

  @Bean
  @Order(Ordered.LOWEST_PRECEDENCE)
  PeerClientCustomizer<Object> fluxwireNetworkClients(FluxwireNetwork network) {
    return network::dialling;
  }
}
