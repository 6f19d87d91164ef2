package io.fluxwire.spring;

import io.fluxwire.access.Authorizer;
import io.fluxwire.netty.PeerServer;
import java.net.InetAddress;
import java.util.function.Predicate;

/**
 * What an instance of a fleet adds to the node's server. A type without the fleet's, since that
 * need not be on the class path.
 */
interface FleetServing {

  /** The server, which refuses connections while the instance makes way. */
  <P> PeerServer<P> refusing(PeerServer<P> server);

  /** Decides by the rules of the fleet, and then by another one. */
  Authorizer authorizer(Authorizer next);

  /** The addresses that the fleet does not ban. */
  Predicate<InetAddress> addresses();

  /** How the instance is doing. */
  FluxwireHealth.State state();
}
