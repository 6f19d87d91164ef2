package io.fluxwire.benchmarks.wire;

import io.netty.buffer.ByteBuf;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A connection of a wire that carries buffers. */
interface Pipe extends Disposable {

  /** What comes; lent, released when {@code onNext} returns. */
  Flux<ByteBuf> receive();

  /** Sends and releases. */
  Mono<Void> send(Publisher<ByteBuf> packets);

  /** Closes in good order. */
  Mono<Void> close();
}
