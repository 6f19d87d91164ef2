package io.fluxwire.spring;

import io.fluxwire.NodeIdentity;
import io.fluxwire.packet.PacketCodec;
import java.util.List;
import java.util.Optional;
import org.springframework.beans.factory.BeanFactory;

/**
 * The application's beans that a node is made of. All have one packet type, which is asked for
 * nowhere: {@code Object} stands for it.
 */
record ApplicationBeans(BeanFactory factory) {

  NodeIdentity identity() {
    return factory.getBean(NodeIdentity.class);
  }

  PacketCodec<Object> codec() {
    return this.<PacketCodec<Object>>one(PacketCodec.class)
        .orElseGet(() -> typed(PacketCodec.pkt()));
  }

  /**
   * The bean of a type, or the primary one.
   *
   * @throws org.springframework.beans.factory.NoUniqueBeanDefinitionException when there are more
   */
  <T> Optional<T> one(Class<?> type) {
    return Optional.ofNullable(typed(factory.getBeanProvider(type).getIfAvailable()));
  }

  /** The beans of a type, in their order. */
  <T> List<T> all(Class<?> type) {
    return factory.getBeanProvider(type).orderedStream().map(ApplicationBeans::<T>typed).toList();
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals", "NullAway"})
  static <T> T typed(Object bean) {
    return (T) bean;
  }
}
