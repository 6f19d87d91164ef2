package io.fluxwire.spring;

import io.fluxwire.netty.PeerServer;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.Environment;

/**
 * Fails the start where a bean of the application's takes the place of what properties say: who has
 * set them would believe that they hold.
 */
record SettingsWithoutEffect(
    FluxwireProperties properties, ListableBeanFactory beans, Environment environment)
    implements SmartInitializingSingleton {

  private static final Logger LOG = LoggerFactory.getLogger(SettingsWithoutEffect.class);

  private static final String SERVER = "fluxwire.server";
  private static final String FLEET = "fluxwire.fleet";

  /** They make beans, which a server of the application's own can use. */
  private static final Set<String> LISTS = Set.of("allow", "ban-file", "banfile");

  @Override
  public void afterSingletonsInstantiated() {
    if (!beans.containsBean(FluxwireAutoConfiguration.KEY)) {
      node();
    }
    if (properties.server().enabled() && !beans.containsBean(FluxwireAutoConfiguration.SERVER)) {
      server();
    }
    if (properties.fleet().enabled() && beans.getBeanNamesForType(FleetServing.class).length == 0) {
      fleet();
    }
  }

  private void fleet() {
    properties(FLEET).stream()
        .findFirst()
        .ifPresent(
            name -> {
              throw new FluxwireConfigurationException(
                  name.toString(),
                  "there is no FleetEngine bean, so this node is no instance of a fleet, and this"
                      + " property has no effect",
                  "Define a FleetEngine bean, with fluxwire-fleet on the class path; or remove the"
                      + " property, or set fluxwire.fleet.enabled=false.",
                  null);
            });
  }

  private void node() {
    FluxwireProperties.Node node = properties.node();
    if (node.keyFile() != null || node.ephemeral()) {
      throw new FluxwireConfigurationException(
          node.ephemeral() ? "fluxwire.node.ephemeral" : "fluxwire.node.key-file",
          "there is a NodeIdentity bean of the application's, so this property has no effect",
          "Remove the property, or the bean.",
          null);
    }
  }

  private void server() {
    boolean isOwn =
        Stream.of(PeerServer.class, FluxwireServer.class)
            .anyMatch(type -> beans.getBeanNamesForType(type).length > 0);
    if (!isOwn) {
      return;
    }
    for (ConfigurationPropertyName name : properties(SERVER)) {
      String setting = name.getElement(2, ConfigurationPropertyName.Form.DASHED);
      if (LISTS.contains(setting)) {
        LOG.warn(
            "{} lets nobody in and keeps nobody out of a server that is a bean of the"
                + " application's own, unless that asks the list's bean",
            name);
      } else if (!setting.equals("enabled")) {
        throw new FluxwireConfigurationException(
            name.toString(),
            "there is a PeerServer or FluxwireServer bean of the application's, so this property"
                + " has no effect",
            "Remove the property, or the bean; or set fluxwire.server.enabled=false, which leaves"
                + " FluxwireServer beans as they are.",
            null);
      }
    }
  }

  private Set<ConfigurationPropertyName> properties(String prefix) {
    ConfigurationPropertyName ancestor = ConfigurationPropertyName.of(prefix);
    Set<ConfigurationPropertyName> names = new TreeSet<>();
    ConfigurationPropertySources.get(environment)
        .forEach(
            source -> {
              if (source instanceof IterableConfigurationPropertySource known) {
                known.stream().filter(ancestor::isAncestorOf).forEach(names::add);
              }
            });
    return names;
  }
}
