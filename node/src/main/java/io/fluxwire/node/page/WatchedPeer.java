package io.fluxwire.node.page;

import io.fluxwire.PeerConnection;
import io.fluxwire.PeerConnectionDecorator;
import java.util.List;
import java.util.function.ToIntFunction;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A connection whose packets are counted on their way through. */
final class WatchedPeer<P> extends PeerConnectionDecorator<P> {

  private final ToIntFunction<? super P> size;
  private final List<Traffic> counters;

  WatchedPeer(PeerConnection<P> peer, ToIntFunction<? super P> size, List<Traffic> counters) {
    super(peer);
    this.size = size;
    this.counters = counters;
  }

  @Override
  public Flux<P> receive() {
    return super.receive().doOnNext(this::received);
  }

  @Override
  public Mono<Void> send(Publisher<? extends P> packets) {
    return super.send(Flux.from(packets).doOnNext(this::sent));
  }

  private void received(P packet) {
    int bytes = size.applyAsInt(packet);
    counters.forEach(counter -> counter.received(bytes));
  }

  private void sent(P packet) {
    int bytes = size.applyAsInt(packet);
    counters.forEach(counter -> counter.sent(bytes));
  }
}
