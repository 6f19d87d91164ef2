package io.fluxwire.benchmarks.wire;

import reactor.core.publisher.Flux;

/** A way to move packets from one side to the other. */
interface OneWay {

  /** As reports call it. */
  String name();

  /**
   * The sizes of what arrives while packets of a size are sent as fast as they are taken. Both
   * sides are there from the subscription to its cancellation.
   */
  Flux<Integer> flow(int size);
}
