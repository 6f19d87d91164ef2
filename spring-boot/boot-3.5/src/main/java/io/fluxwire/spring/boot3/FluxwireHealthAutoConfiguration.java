package io.fluxwire.spring.boot3;

import io.fluxwire.spring.FluxwireActuatorAutoConfiguration;
import io.fluxwire.spring.FluxwireHealth;
import org.springframework.boot.actuate.autoconfigure.health.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.actuate.health.CompositeHealthContributor;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Shows {@link FluxwireHealth} as the health contributor {@code fluxwire}; {@code
 * management.health.fluxwire.enabled=false} does without.
 */
@AutoConfiguration(after = FluxwireActuatorAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
public final class FluxwireHealthAutoConfiguration {

  /** For Spring. */
  public FluxwireHealthAutoConfiguration() {}

  @Bean
  @ConditionalOnEnabledHealthIndicator("fluxwire")
  @ConditionalOnBean(FluxwireHealth.class)
  @ConditionalOnMissingBean(name = "fluxwireHealthContributor")
  CompositeHealthContributor fluxwireHealthContributor(FluxwireHealth health) {
    return CompositeHealthContributor.fromMap(
        health.parts(), part -> (HealthIndicator) () -> health(part.get()));
  }

  private static Health health(FluxwireHealth.State state) {
    return (state.up() ? Health.up() : Health.down()).withDetails(state.details()).build();
  }
}
