package io.fluxwire.spring;

import io.fluxwire.dial.PeerLink;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.core.env.Environment;

/** Makes the link of each client that is kept connected a bean. */
final class LinkRegistrar extends ClientBeanRegistrar {

  LinkRegistrar(Environment environment) {
    super(environment, PeerLink.class);
  }

  @Override
  boolean isFor(FluxwireProperties.Client client) {
    return client.keepConnected() && !client.rsocket();
  }

  @Override
  void madeBy(RootBeanDefinition link) {
    link.setFactoryBeanName(FluxwireAutoConfiguration.CLIENTS);
    link.setFactoryMethodName("link");
  }
}
