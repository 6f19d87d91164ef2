package io.fluxwire.spring;

import io.fluxwire.rsocket.RSocketPeer;
import java.security.Principal;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.MethodParameter;
import org.springframework.messaging.Message;
import org.springframework.messaging.handler.invocation.reactive.HandlerMethodArgumentResolver;
import org.springframework.messaging.rsocket.annotation.support.RSocketMessageHandler;
import reactor.core.publisher.Mono;

/**
 * Gives methods of controllers who asks, whoever has made the handler of their messages: Boot, this
 * starter, or the application. A request that comes another way has nobody, and errors.
 */
final class PeerArguments implements BeanPostProcessor, HandlerMethodArgumentResolver {

  @Override
  public Object postProcessBeforeInitialization(Object bean, String name) {
    if (bean instanceof RSocketMessageHandler handler) {
      handler.getArgumentResolverConfigurer().addCustomResolver(this);
    }
    return bean;
  }

  @Override
  public boolean supportsParameter(MethodParameter parameter) {
    Class<?> type = parameter.getParameterType();
    return type == PeerPrincipal.class || type == Principal.class;
  }

  @Override
  public Mono<Object> resolveArgument(MethodParameter parameter, Message<?> message) {
    return RSocketPeer.current().map(PeerPrincipal::new);
  }
}
