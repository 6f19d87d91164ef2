package io.fluxwire.benchmarks.wire;

import java.net.InetSocketAddress;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A way to move packets between two peers in this process, over TCP on loopback. */
interface Wire extends OneWay, Meets {

  /** Sends packets of a size to whoever connects, as fast as they are taken. */
  Server streaming(int size);

  /** Sends back what comes. */
  Server echoing();

  /** The sizes of what comes from a server that streams packets of a size. */
  Flux<Integer> download(Server from, int size);

  /** As reports call it. */
  @Override
  String name();

  @Override
  default Flux<Integer> flow(int size) {
    return Flux.using(
        () -> streaming(size), server -> download(server, size), server -> server.stop().dispose());
  }

  /** Round trips in nanoseconds with an echoing server, one after the other. */
  Flux<Long> pingPong(Server with, int size);

  /** Connects, gets the greeting, and stays; emits what closes it. */
  Mono<Disposable> join(Server with);

  /** Where a server listens. */
  record Server(InetSocketAddress address, Disposable stop) {}
}
