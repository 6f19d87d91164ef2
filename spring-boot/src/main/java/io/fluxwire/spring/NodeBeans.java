package io.fluxwire.spring;

import io.fluxwire.NodeIdentity;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.group.PeerGroup;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;

/** What a context has of nodes, by the names of the beans: the starter's, and the application's. */
record NodeBeans(ListableBeanFactory factory) {

  Map<String, FluxwireServer> servers() {
    return new TreeMap<>(factory.getBeansOfType(FluxwireServer.class));
  }

  @SuppressWarnings("rawtypes")
  Map<String, PeerLink> links() {
    return new TreeMap<>(factory.getBeansOfType(PeerLink.class));
  }

  @SuppressWarnings("rawtypes")
  Map<String, PeerGroup> groups() {
    return new TreeMap<>(factory.getBeansOfType(PeerGroup.class));
  }

  Map<String, FleetServing> fleets() {
    return new TreeMap<>(factory.getBeansOfType(FleetServing.class));
  }

  @SuppressWarnings("rawtypes")
  Map<String, PeerChannel> channels() {
    return new TreeMap<>(factory.getBeansOfType(PeerChannel.class));
  }

  /** What went wrong last with the connections of a channel; null where that is not known. */
  @Nullable Throwable lastError(PeerChannel<?> channel) {
    ClientChannels made = factory.getBeanProvider(ClientChannels.class).getIfAvailable();
    return made == null ? null : made.lastError(channel);
  }

  Map<String, NodeIdentity> identities() {
    return new TreeMap<>(factory.getBeansOfType(NodeIdentity.class));
  }
}
