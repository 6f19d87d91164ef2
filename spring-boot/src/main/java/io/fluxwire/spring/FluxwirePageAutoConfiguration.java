package io.fluxwire.spring;

import io.fluxwire.NodeIdentity;
import io.fluxwire.access.BanList;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.page.MountedPage;
import io.fluxwire.page.NodeMonitor;
import io.fluxwire.page.NodePage;
import java.util.Objects;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;

/**
 * The node's page on the application's WebFlux server, at {@code fluxwire.page.path}: a {@link
 * NodeMonitor} that watches the auto-configured server, clients and channels, and a {@link
 * MountedPage}, each unless the application has its own. The page is behind the application's
 * filters, which decide who sees it: without a filter, everyone does.
 */
@AutoConfiguration(after = FluxwireAutoConfiguration.class)
@ConditionalOnClass({NodePage.class, RouterFunction.class})
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
public final class FluxwirePageAutoConfiguration {

  /** For Spring. */
  public FluxwirePageAutoConfiguration() {}

  @Bean
  @ConditionalOnProperty("fluxwire.page.path")
  @ConditionalOnMissingBean
  NodeMonitor fluxwireNodeMonitor(ObjectProvider<BanList> bans) {
    NodeMonitor monitor = new NodeMonitor();
    bans.ifUnique(monitor::bans);
    return monitor;
  }

  @Bean
  @ConditionalOnSingleCandidate(NodeMonitor.class)
  Monitored fluxwireMonitored(NodeMonitor monitor) {
    return new Monitored(monitor);
  }

  /** Static, as what changes beans has to be there before them. */
  @Bean
  static BeanPostProcessor fluxwireChannelsMonitored(ObjectProvider<NodeMonitor> monitors) {
    return new BeanPostProcessor() {
      @Override
      public Object postProcessAfterInitialization(Object bean, String name) {
        NodeMonitor monitor = bean instanceof ChannelSpec ? monitors.getIfUnique() : null;
        return monitor == null ? bean : monitor.watch((ChannelSpec) bean);
      }
    };
  }

  @Bean
  @ConditionalOnProperty("fluxwire.page.path")
  @ConditionalOnMissingBean
  MountedPage fluxwireMountedPage(
      FluxwireProperties properties,
      NodeMonitor monitor,
      NodeIdentity identity,
      Environment environment) {
    NodePage page =
        NodePage.of(monitor)
            .name(environment.getProperty("spring.application.name", "node"))
            .id(identity.id());
    return Settings.read(
        "fluxwire.page.path", Objects.requireNonNull(properties.page().path()), page::mount);
  }

  @Bean
  @ConditionalOnBean(MountedPage.class)
  RouterFunction<ServerResponse> fluxwirePageRoutes(ObjectProvider<MountedPage> pages) {
    return pages
        .orderedStream()
        .map(PageHandler::new)
        .map(page -> RouterFunctions.route(page::covers, page))
        .reduce(RouterFunction::and)
        .orElseThrow();
  }
}
