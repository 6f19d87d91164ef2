package io.fluxwire.spring;

import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.ChannelStore;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** How channels are kept, where there is a store: to be imported after what may make one. */
@Configuration(proxyBeanMethods = false)
class ChannelConfiguration {

  @Bean
  @ConditionalOnSingleCandidate(ChannelStore.class)
  @ConditionalOnMissingBean
  ChannelSpec fluxwireChannelSpec(ChannelStore store, FluxwireProperties properties) {
    return new Settings<>("fluxwire.channels.", ChannelSpec.of(store))
        .set(
            "max-bytes",
            properties.channels().maxBytes(),
            (spec, size) -> spec.maxBytes(size.toBytes()))
        .built();
  }
}
