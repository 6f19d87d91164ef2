package io.fluxwire.node.page;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.reactivestreams.Publisher;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A connection whose packets are strings, and whose peer is the test. */
final class FakePeer implements PeerConnection<String> {

  private final NodeId id;
  private final Flux<String> incoming;
  private final Sinks.One<CloseReason> closed = Sinks.one();

  FakePeer(NodeId id, String... incoming) {
    this.id = id;
    this.incoming = Flux.just(incoming);
  }

  void end(CloseReason reason) {
    closed.tryEmitValue(reason);
  }

  @Override
  public NodeId remoteId() {
    return id;
  }

  @Override
  public SocketAddress remoteAddress() {
    return new InetSocketAddress("192.0.2.1", 9735);
  }

  @Override
  public SocketAddress localAddress() {
    return new InetSocketAddress("192.0.2.2", 9735);
  }

  @Override
  public Flux<String> receive() {
    return incoming;
  }

  @Override
  public Mono<Void> send(Publisher<? extends String> packets) {
    return Flux.from(packets).then();
  }

  @Override
  public Mono<Void> close() {
    return Mono.fromRunnable(this::dispose);
  }

  @Override
  public Mono<CloseReason> onClose() {
    return closed.asMono();
  }

  @Override
  public void dispose() {
    end(new CloseReason(Reason.CLOSED_LOCALLY, null));
  }

  @Override
  public boolean isDisposed() {
    return closed.scan(Scannable.Attr.TERMINATED);
  }
}
