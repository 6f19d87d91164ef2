package io.fluxwire.benchmarks.wire;

import io.fluxwire.benchmarks.wire.Wire.Server;
import reactor.core.publisher.Mono;

/** A way to set connections up. */
interface Meets {

  /** As reports call it. */
  String name();

  /** Sends one packet to whoever connects, once both have authenticated. */
  Server greeting();

  /** Connects, gets the greeting, and closes. */
  Mono<Void> meet(Server with);
}
