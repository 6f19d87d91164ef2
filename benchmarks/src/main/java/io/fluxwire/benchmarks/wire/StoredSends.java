package io.fluxwire.benchmarks.wire;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What can be sent so that it is kept until it was taken. */
interface StoredSends {

  /** As reports call it. */
  String name();

  /**
   * Opens it until it is cancelled. Emits one {@code Mono}, of which each subscription, some of
   * them at once, sends a packet and completes when that is stored.
   */
  Flux<Mono<?>> open(int size);
}
