package io.fluxwire.spring;

import java.util.Map;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.support.AutowireCandidateQualifier;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotationMetadata;

/**
 * Makes a bean of each client of the properties that is used in one way. It has the client's name
 * as its qualifier, and is closed by who has made it.
 */
abstract class ClientBeanRegistrar implements ImportBeanDefinitionRegistrar {

  private final Environment environment;
  private final Class<?> type;

  /**
   * Makes beans.
   *
   * @param type of the beans; its simple name comes after the client's in theirs
   */
  ClientBeanRegistrar(Environment environment, Class<?> type) {
    this.environment = environment;
    this.type = type;
  }

  /** Whether a client is used in this way. */
  abstract boolean isFor(FluxwireProperties.Client client);

  /** Whether there is such a bean although all clients are members of a group. */
  boolean isBesideGroup() {
    return false;
  }

  /** Says by whom the bean is made; the argument is the client's name. */
  abstract void madeBy(RootBeanDefinition bean);

  @Override
  public void registerBeanDefinitions(
      AnnotationMetadata importing, BeanDefinitionRegistry registry) {
    if (!isBesideGroup()
        && environment.getProperty("fluxwire.group.enabled", Boolean.class, false)) {
      return;
    }
    Binder.get(environment)
        .bind("fluxwire.clients", Bindable.mapOf(String.class, FluxwireProperties.Client.class))
        .orElse(Map.of())
        .forEach(
            (name, client) -> {
              String bean = name + type.getSimpleName();
              if (isFor(client) && !registry.containsBeanDefinition(bean)) {
                registry.registerBeanDefinition(bean, definition(name));
              }
            });
  }

  private RootBeanDefinition definition(String name) {
    RootBeanDefinition bean = new RootBeanDefinition(type);
    madeBy(bean);
    bean.getConstructorArgumentValues().addIndexedArgumentValue(0, name);
    bean.addQualifier(new AutowireCandidateQualifier(Qualifier.class, name));
    // Or Spring would close them itself, one after the other.
    bean.setDestroyMethodName("");
    return bean;
  }
}
