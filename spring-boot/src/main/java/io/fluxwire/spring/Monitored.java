package io.fluxwire.spring;

import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.page.NodeMonitor;

/** The node's page shows all connections and dials. */
record Monitored(NodeMonitor monitor) implements Instrumentation {

  @Override
  public <P> PeerServer<P> server(PeerServer<P> server) {
    return monitor.watch(server);
  }

  @Override
  public <P> PeerClient<P> client(PeerClient<P> client) {
    return monitor.watch(client);
  }
}
