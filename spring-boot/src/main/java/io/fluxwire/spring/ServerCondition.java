package io.fluxwire.spring;

import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;

/** Whether anything says that this node is to be dialled. */
final class ServerCondition extends AnyNestedCondition {

  ServerCondition() {
    super(ConfigurationPhase.REGISTER_BEAN);
  }

  @ConditionalOnProperty("fluxwire.server.port")
  static final class HasPort {}

  @ConditionalOnProperty("fluxwire.server.rsocket")
  static final class HasRSocket {}

  @ConditionalOnBean(PeerHandler.class)
  static final class HasHandler {}

  @ConditionalOnBean(ChannelHandler.class)
  static final class HasChannelHandler {}
}
