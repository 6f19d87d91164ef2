package io.fluxwire.spring;

import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.core.env.Environment;
import org.springframework.messaging.rsocket.RSocketRequester;

/** Makes the requester of each client that is asked by RSocket a bean. */
final class RequesterRegistrar extends ClientBeanRegistrar {

  RequesterRegistrar(Environment environment) {
    super(environment, RSocketRequester.class);
  }

  @Override
  boolean isFor(FluxwireProperties.Client client) {
    return client.rsocket();
  }

  @Override
  void madeBy(RootBeanDefinition requester) {
    requester.setFactoryBeanName(FluxwireRSocketAutoConfiguration.REQUESTERS);
    requester.setFactoryMethodName("requester");
  }
}
