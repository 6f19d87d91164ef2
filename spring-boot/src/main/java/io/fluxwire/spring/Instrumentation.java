package io.fluxwire.spring;

import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;

/** Has the auto-configured server and clients watched, whatever their packets are. */
interface Instrumentation {

  /** Watches a server; a copy. */
  <P> PeerServer<P> server(PeerServer<P> server);

  /** Watches a client; a copy. */
  <P> PeerClient<P> client(PeerClient<P> client);
}
