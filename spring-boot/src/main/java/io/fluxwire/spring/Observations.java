package io.fluxwire.spring;

import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.micrometer.observation.ObservationRegistry;

/** Handshakes, sessions and dials are observed by the application's registry. */
record Observations(ObservationRegistry registry) implements Instrumentation {

  @Override
  public <P> PeerServer<P> server(PeerServer<P> server) {
    return server.observationRegistry(registry);
  }

  @Override
  public <P> PeerClient<P> client(PeerClient<P> client) {
    return client.observationRegistry(registry);
  }
}
