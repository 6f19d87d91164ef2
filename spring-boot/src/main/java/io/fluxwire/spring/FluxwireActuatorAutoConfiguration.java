package io.fluxwire.spring;

import io.fluxwire.access.BanList;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.group.PeerGroup;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.info.ConditionalOnEnabledInfoContributor;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;

/**
 * What Boot's actuator shows of a node: the endpoint {@code fluxwire}, a part of {@code info}, and
 * {@link FluxwireHealth}, which the starters show as health. Where the endpoint is exposed, its
 * session listener is a bean, so that a server or client of the application's own can be made to
 * {@code observe} with it.
 */
@AutoConfiguration(after = FluxwireAutoConfiguration.class)
@ConditionalOnClass({Endpoint.class, ConditionalOnAvailableEndpoint.class})
@Conditional(FluxwireActuatorAutoConfiguration.NodeCondition.class)
public final class FluxwireActuatorAutoConfiguration {

  /** For Spring. */
  public FluxwireActuatorAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean
  FluxwireHealth fluxwireHealth(ListableBeanFactory beans) {
    return new FluxwireHealth(new NodeBeans(beans));
  }

  @Bean
  @ConditionalOnAvailableEndpoint(endpoint = FluxwireEndpoint.class)
  FluxwireSessions fluxwireSessions() {
    return new FluxwireSessions();
  }

  @Bean
  @ConditionalOnAvailableEndpoint
  FluxwireEndpoint fluxwireEndpoint(
      FluxwireHealth health, FluxwireSessions sessions, ObjectProvider<BanList> bans) {
    return new FluxwireEndpoint(health, sessions, bans.getIfUnique());
  }

  @Bean
  @ConditionalOnEnabledInfoContributor("fluxwire")
  FluxwireInfo fluxwireInfo(ListableBeanFactory beans) {
    return new FluxwireInfo(new NodeBeans(beans));
  }

  /** Whether the context has anything of a node. */
  static final class NodeCondition extends AnyNestedCondition {

    NodeCondition() {
      super(ConfigurationPhase.REGISTER_BEAN);
    }

    @ConditionalOnBean(FluxwireServer.class)
    static final class HasServer {}

    @ConditionalOnBean(FluxwireClients.class)
    static final class HasClients {}

    @ConditionalOnBean(PeerLink.class)
    static final class HasLink {}

    @ConditionalOnBean(PeerGroup.class)
    static final class HasGroup {}

    @ConditionalOnBean(PeerChannel.class)
    static final class HasChannel {}
  }
}
