package io.fluxwire.benchmarks.fleet;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A connection without a socket: whatever is sent is written at once, as far ahead as by one. */
final class TakingConnection implements PeerConnection<ByteBuf> {

  private static final int AHEAD = 128;

  private final NodeId peer;
  private final SocketAddress address = InetSocketAddress.createUnresolved("peer.invalid", 1);
  private final Sinks.One<CloseReason> closed = Sinks.one();
  private volatile boolean disposed;

  TakingConnection(NodeId peer) {
    this.peer = peer;
  }

  @Override
  public NodeId remoteId() {
    return peer;
  }

  @Override
  public SocketAddress remoteAddress() {
    return address;
  }

  @Override
  public SocketAddress localAddress() {
    return address;
  }

  @Override
  public Flux<ByteBuf> receive() {
    return Flux.never();
  }

  @Override
  public Mono<Void> send(Publisher<? extends ByteBuf> packets) {
    return Flux.from(packets).limitRate(AHEAD).doOnNext(ByteBuf::release).then();
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
    disposed = true;
    closed.tryEmitValue(new CloseReason(Reason.CLOSED_LOCALLY, null));
  }

  @Override
  public boolean isDisposed() {
    return disposed;
  }
}
