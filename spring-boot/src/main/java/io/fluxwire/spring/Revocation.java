package io.fluxwire.spring;

import io.fluxwire.NodeId;
import io.fluxwire.access.AccessList;
import java.util.List;
import org.springframework.beans.factory.DisposableBean;
import reactor.core.Disposable;

/** Ends the connections of nodes that the application's list denies. */
final class Revocation implements DisposableBean {

  private final AccessList friends;
  private final List<FluxwireServer> servers;
  private final Disposable listening;

  Revocation(AccessList friends, List<FluxwireServer> servers) {
    this.friends = friends;
    this.servers = servers;
    this.listening = friends.onDeny(this::disconnect);
  }

  private void disconnect(NodeId denied) {
    // It may be allowed again by now.
    servers.forEach(
        server -> server.disconnect(peer -> peer.equals(denied) && !friends.isAllowed(peer)));
  }

  @Override
  public void destroy() {
    listening.dispose();
  }
}
