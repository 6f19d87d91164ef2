package io.fluxwire.node.page;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.Undelivered;
import java.net.SocketAddress;
import java.util.List;
import java.util.function.ToIntFunction;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A connection whose packets are counted on their way through. */
final class WatchedPeer<P> implements PeerConnection<P> {

  private final PeerConnection<P> peer;
  private final ToIntFunction<? super P> size;
  private final List<Traffic> counters;

  WatchedPeer(PeerConnection<P> peer, ToIntFunction<? super P> size, Traffic... counters) {
    this.peer = peer;
    this.size = size;
    this.counters = List.of(counters);
  }

  @Override
  public NodeId remoteId() {
    return peer.remoteId();
  }

  @Override
  public SocketAddress remoteAddress() {
    return peer.remoteAddress();
  }

  @Override
  public SocketAddress localAddress() {
    return peer.localAddress();
  }

  @Override
  public Flux<P> receive() {
    return peer.receive().doOnNext(this::received);
  }

  @Override
  public Mono<Void> send(Publisher<? extends P> packets) {
    return peer.send(Flux.from(packets).doOnNext(this::sent));
  }

  private void received(P packet) {
    int bytes = size.applyAsInt(packet);
    counters.forEach(counter -> counter.received(bytes));
  }

  private void sent(P packet) {
    int bytes = size.applyAsInt(packet);
    counters.forEach(counter -> counter.sent(bytes));
  }

  @Override
  public Mono<Void> close() {
    return peer.close();
  }

  @Override
  public Mono<CloseReason> onClose() {
    return peer.onClose();
  }

  @Override
  public Mono<Undelivered> undelivered() {
    return peer.undelivered();
  }

  @Override
  public void dispose() {
    peer.dispose();
  }

  @Override
  public boolean isDisposed() {
    return peer.isDisposed();
  }

  @Override
  public String toString() {
    return peer.toString();
  }
}
