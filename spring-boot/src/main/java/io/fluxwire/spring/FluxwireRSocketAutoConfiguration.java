package io.fluxwire.spring;

import io.fluxwire.rsocket.FluxwireRSocket;
import io.fluxwire.rsocket.RSocketHandler;
import io.rsocket.core.RSocketServer;
import io.rsocket.plugins.SocketAcceptorInterceptor;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Scope;
import org.springframework.messaging.rsocket.RSocketConnectorConfigurer;
import org.springframework.messaging.rsocket.RSocketRequester;
import org.springframework.messaging.rsocket.RSocketStrategies;
import org.springframework.messaging.rsocket.annotation.support.RSocketMessageHandler;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;

/**
 * RSocket over this node's connections, where {@code fluxwire-rsocket} and {@code spring-messaging}
 * are on the class path:
 *
 * <ul>
 *   <li>Controllers with {@code @MessageMapping} are served to peers, where {@code
 *       fluxwire.server.rsocket} is true. A parameter of the type {@link PeerPrincipal} or {@link
 *       java.security.Principal} is who asks. Beans that are {@link SocketAcceptorInterceptor} are
 *       applied in their order, and have the peer's id in the context
 *   <li>For each client whose {@code fluxwire.clients.NAME.rsocket} is true there is a {@link
 *       RSocketRequester} with the client's name as its qualifier, made by the {@link
 *       RSocketRequester.Builder} bean
 *   <li>Where Spring Security is on the class path, who asks is the {@code Authentication} of the
 *       reactive security context, whose name is the node id, without authorities
 * </ul>
 *
 * <p>Where neither Boot nor the application has them, there are beans of the types {@link
 * RSocketStrategies}, {@link RSocketMessageHandler} and {@link RSocketRequester.Builder}.
 */
@AutoConfiguration(
    after = FluxwireAutoConfiguration.class,
    afterName = {
      "org.springframework.boot.autoconfigure.rsocket.RSocketMessagingAutoConfiguration",
      "org.springframework.boot.autoconfigure.rsocket.RSocketRequesterAutoConfiguration",
      "org.springframework.boot.autoconfigure.rsocket.RSocketStrategiesAutoConfiguration",
      "org.springframework.boot.rsocket.autoconfigure.RSocketMessagingAutoConfiguration",
      "org.springframework.boot.rsocket.autoconfigure.RSocketRequesterAutoConfiguration",
      "org.springframework.boot.rsocket.autoconfigure.RSocketStrategiesAutoConfiguration"
    })
@ConditionalOnClass({FluxwireRSocket.class, RSocketMessageHandler.class})
public final class FluxwireRSocketAutoConfiguration {

  /** The name of the bean that makes the requesters. */
  static final String REQUESTERS = "fluxwireRSocketRequesters";

  /** For Spring. */
  public FluxwireRSocketAutoConfiguration() {}

  @Bean
  static BeanPostProcessor fluxwirePeerArguments() {
    return new PeerArguments();
  }

  @Bean
  @ConditionalOnMissingBean
  RSocketStrategies fluxwireRSocketStrategies() {
    return RSocketStrategies.create();
  }

  /** What peers ask. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnProperty("fluxwire.server.rsocket")
  static class Serving {

    @Bean
    @ConditionalOnMissingBean
    RSocketMessageHandler fluxwireRSocketMessageHandler(RSocketStrategies strategies) {
      RSocketMessageHandler handler = new RSocketMessageHandler();
      handler.setRSocketStrategies(strategies);
      return handler;
    }

    @Bean
    RSocketServing fluxwireRSocketServing(
        RSocketMessageHandler controllers, ObjectProvider<SocketAcceptorInterceptor> interceptors) {
      RSocketServer server =
          RSocketServer.create(controllers.responder())
              .interceptors(all -> interceptors.orderedStream().forEach(all::forSocketAcceptor));
      return new RSocketServing(RSocketHandler.of(FluxwireRSocket.configure(server)));
    }
  }

  /** What asks peers. */
  @Configuration(proxyBeanMethods = false)
  @Conditional(PropertyCondition.Clients.class)
  @Import(RequesterRegistrar.class)
  static class Asking {

    /** As Boot's, which wants the transports of RSocket's own. */
    @Bean
    @Scope("prototype")
    @ConditionalOnMissingBean
    RSocketRequester.Builder fluxwireRSocketRequesterBuilder(
        RSocketStrategies strategies, ObjectProvider<RSocketConnectorConfigurer> configurers) {
      RSocketRequester.Builder builder = RSocketRequester.builder().rsocketStrategies(strategies);
      configurers.orderedStream().forEach(builder::rsocketConnector);
      return builder;
    }

    @Bean(REQUESTERS)
    RSocketRequesters fluxwireRSocketRequesters(
        FluxwireProperties properties,
        FluxwireClients clients,
        ObjectProvider<RSocketRequester.Builder> builders) {
      return new RSocketRequesters(properties, clients, builders);
    }
  }

  /** Who asks, for Spring Security. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(ReactiveSecurityContextHolder.class)
  static class Secured {

    @Bean
    SocketAcceptorInterceptor fluxwirePeerSecurity() {
      return new PeerSecurity();
    }
  }
}
