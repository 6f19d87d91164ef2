package io.fluxwire.spring;

import io.fluxwire.fleet.FleetGroup;
import io.fluxwire.fleet.FleetSpec;
import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.page.NodeMonitor;
import io.fluxwire.page.WatchedFleet;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Objects;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * An instance of a fleet, where {@code fluxwire-fleet} is on the class path and there is a {@link
 * FleetEngine} bean: a {@link FleetGroup} of the {@link PeerGroup} bean, unless the application has
 * its own, which joins once the server listens, and makes way before that stops. The clients of the
 * properties are dials that the instances share, and the server asks the fleet's rules.
 */
@AutoConfiguration(before = FluxwireAutoConfiguration.class)
@ConditionalOnClass(FleetGroup.class)
@ConditionalOnBean(FleetEngine.class)
@ConditionalOnProperty(name = "fluxwire.fleet.enabled", matchIfMissing = true)
public final class FluxwireFleetAutoConfiguration {

  /** The name of the bean that has this node be an instance. */
  static final String INSTANCE = "fluxwireFleet";

  /** For Spring. */
  public FluxwireFleetAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean
  FleetGroup<?> fluxwireFleetGroup(
      FluxwireProperties properties,
      NodeFactory node,
      ObjectProvider<PeerGroup<?>> groups,
      FleetEngine engine,
      ObjectProvider<MeterRegistry> registries,
      Environment environment) {
    PeerGroup<?> group = groups.getIfAvailable();
    if (group == null) {
      throw new FluxwireConfigurationException(
          "fluxwire.group.enabled",
          "there is a FleetEngine bean, so this node is an instance of a fleet, whose peers are"
              + " members of a group",
          "Set it to true; or remove the bean, or set fluxwire.fleet.enabled=false.",
          null);
    }
    FleetSpec spec = FleetSettings.spec(properties.fleet(), environment);
    MeterRegistry registry = registries.getIfUnique();
    return FleetGroup.of(
        ApplicationBeans.<PeerGroup<Object>>typed(group),
        node.beans().codec(),
        engine,
        registry == null ? spec : spec.meterRegistry(registry));
  }

  @Bean(INSTANCE)
  FleetInstance<?> fluxwireFleet(
      FluxwireProperties properties, NodeFactory node, FleetGroup<?> fleet) {
    FleetGroup<Object> typed = ApplicationBeans.typed(Objects.requireNonNull(fleet));
    return new FleetInstance<>(typed, node.members(), properties.fleet().drain());
  }

  /** The fleet on the node's page. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(WatchedFleet.class)
  static class Shown {

    @Bean
    SmartInitializingSingleton fluxwireFleetShown(
        FleetGroup<?> fleet, ObjectProvider<NodeMonitor> monitors) {
      return () -> monitors.ifUnique(monitor -> monitor.fleet(WatchedFleet.of(fleet)));
    }
  }
}
