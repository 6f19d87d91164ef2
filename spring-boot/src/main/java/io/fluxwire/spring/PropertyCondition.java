package io.fluxwire.spring;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.ConfigurationPropertyState;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Whether a property that is a list or a map is set, which {@code ConditionalOnProperty} misses.
 */
abstract sealed class PropertyCondition extends SpringBootCondition {

  private final ConfigurationPropertyName name;

  private PropertyCondition(String name) {
    this.name = ConfigurationPropertyName.of(name);
  }

  @Override
  public ConditionOutcome getMatchOutcome(
      ConditionContext context, AnnotatedTypeMetadata metadata) {
    ConditionMessage.Builder message = ConditionMessage.forCondition("Fluxwire");
    for (ConfigurationPropertySource source :
        ConfigurationPropertySources.get(context.getEnvironment())) {
      if (source.getConfigurationProperty(name) != null
          || source.containsDescendantOf(name) == ConfigurationPropertyState.PRESENT) {
        return ConditionOutcome.match(message.foundExactly(name));
      }
    }
    return ConditionOutcome.noMatch(message.didNotFind(name.toString()).atAll());
  }

  /** Whether there is a client. */
  static final class Clients extends PropertyCondition {
    Clients() {
      super("fluxwire.clients");
    }
  }

  /** Whether it is said who may connect. */
  static final class Allow extends PropertyCondition {
    Allow() {
      super("fluxwire.server.allow");
    }
  }
}
