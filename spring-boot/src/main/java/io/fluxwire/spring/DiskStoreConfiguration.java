package io.fluxwire.spring;

import io.fluxwire.channel.ChannelStore;
import io.fluxwire.channel.disk.DiskChannelStore;
import java.util.Objects;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** A store of channels on disk, where the module for that is there. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass(DiskChannelStore.class)
@ConditionalOnProperty("fluxwire.channels.folder")
class DiskStoreConfiguration {

  @Bean
  @ConditionalOnMissingBean
  ChannelStore fluxwireChannelStore(FluxwireProperties properties) {
    return DiskChannelStore.create(Objects.requireNonNull(properties.channels().folder()));
  }
}
