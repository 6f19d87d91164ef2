package io.fluxwire.benchmarks.wire;

import io.fluxwire.benchmarks.wire.Wire.Server;
import reactor.core.publisher.Flux;

/** What can have several requests under way on one connection. */
interface Requests {

  /** Round trips in nanoseconds with an echoing server, so many of them at a time. */
  Flux<Long> requests(Server with, int size, int atOnce);
}
