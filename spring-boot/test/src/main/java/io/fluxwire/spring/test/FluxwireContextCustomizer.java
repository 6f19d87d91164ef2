package io.fluxwire.spring.test;

import io.fluxwire.identity.NodeKey;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.MergedContextConfiguration;

/**
 * Gives the peer of each client of the properties a new key. By properties, since more than the
 * client itself asks them whom it expects. A value, by which Spring knows contexts that are alike.
 *
 * @param isSlice whether the context has a part of the application only
 */
record FluxwireContextCustomizer(boolean isSlice) implements ContextCustomizer {

  private static final String CLIENTS = "fluxwire.clients";

  @Override
  public void customizeContext(
      ConfigurableApplicationContext context, MergedContextConfiguration test) {
    ConfigurableEnvironment environment = context.getEnvironment();
    Map<String, NodeKey> keys = new TreeMap<>();
    Map<String, Object> properties = new HashMap<>();
    for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
      clients(source, keys);
    }
    keys.forEach(
        (name, key) -> {
          String prefix = CLIENTS + "." + name;
          properties.put(prefix + ".remotes", "");
          properties.put(prefix + ".expect", key.id().toString());
        });
    if (isSlice) {
      // What the test's annotation imports is there all the same.
      properties.put("spring.boot.enableautoconfiguration", false);
      context
          .getBeanFactory()
          .registerSingleton(
              FluxwireTypeExcludeFilter.class.getName(), new FluxwireTypeExcludeFilter());
    }
    environment.getPropertySources().addFirst(new MapPropertySource("fluxwireTest", properties));
    context.getBeanFactory().registerSingleton("fluxwirePeerKeys", new PeerKeys(keys));
  }

  private static void clients(ConfigurationPropertySource source, Map<String, NodeKey> keys) {
    ConfigurationPropertyName clients = ConfigurationPropertyName.of(CLIENTS);
    if (source instanceof IterableConfigurationPropertySource known) {
      known.stream()
          .filter(name -> clients.isAncestorOf(name))
          .map(name -> name.getElement(clients.getNumberOfElements(), Form.ORIGINAL))
          .forEach(name -> keys.computeIfAbsent(name, client -> NodeKey.generate()));
    }
  }
}
