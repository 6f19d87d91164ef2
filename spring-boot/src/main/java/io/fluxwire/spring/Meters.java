package io.fluxwire.spring;

import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.micrometer.core.instrument.MeterRegistry;

/** Meters of all connections and dials go to the application's registry. */
record Meters(MeterRegistry registry) implements Instrumentation {

  @Override
  public <P> PeerServer<P> server(PeerServer<P> server) {
    return server.meterRegistry(registry);
  }

  @Override
  public <P> PeerClient<P> client(PeerClient<P> client) {
    return client.meterRegistry(registry);
  }
}
