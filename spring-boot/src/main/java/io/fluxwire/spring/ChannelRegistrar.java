package io.fluxwire.spring;

import io.fluxwire.channel.PeerChannel;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.core.env.Environment;

/** Makes the channel of each client that has one a bean. */
final class ChannelRegistrar extends ClientBeanRegistrar {

  ChannelRegistrar(Environment environment) {
    super(environment, PeerChannel.class);
  }

  @Override
  boolean isFor(FluxwireProperties.Client client) {
    return client.channel().name() != null;
  }

  /** A channel has connections of its own, which no group sees. */
  @Override
  boolean isBesideGroup() {
    return true;
  }

  @Override
  void madeBy(RootBeanDefinition channel) {
    channel.setFactoryBeanName(FluxwireAutoConfiguration.CHANNELS);
    channel.setFactoryMethodName("channel");
  }
}
