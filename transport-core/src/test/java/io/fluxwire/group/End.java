package io.fluxwire.group;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/** One of two ends of a connection; what one does reaches the other after the latency. */
class End implements PeerConnection<String> {

  static final SocketAddress ADDRESS = InetSocketAddress.createUnresolved("peer.test", 1);

  final Sinks.Many<String> inbox = Sinks.many().unicast().onBackpressureBuffer();
  @Nullable End other;
  volatile boolean isClosed;
  boolean reads;
  private final NodeId remote;
  private final Scheduler time;
  private final long latencyMillis;
  private final Sinks.One<CloseReason> closed = Sinks.one();

  End(NodeId remote, Scheduler time) {
    this(remote, time, 1);
  }

  End(NodeId remote, Scheduler time, long latencyMillis) {
    this.remote = remote;
    this.time = time;
    this.latencyMillis = latencyMillis;
  }

  final void end(CloseReason reason) {
    if (isClosed) {
      return;
    }
    isClosed = true;
    inbox.tryEmitComplete();
    closed.tryEmitValue(reason);
    End to = other;
    if (to != null) {
      time.schedule(() -> to.end(Reason.CLOSED_BY_PEER), latencyMillis, TimeUnit.MILLISECONDS);
    }
  }

  final void end(Reason reason) {
    end(new CloseReason(reason, null));
  }

  @Override
  public NodeId remoteId() {
    return remote;
  }

  @Override
  public SocketAddress remoteAddress() {
    return ADDRESS;
  }

  @Override
  public SocketAddress localAddress() {
    return ADDRESS;
  }

  @Override
  public Flux<String> receive() {
    return inbox.asFlux().doOnSubscribe(s -> reads = true);
  }

  @Override
  public Mono<Void> send(Publisher<? extends String> packets) {
    return isClosed
        ? Mono.error(new ConnectionClosedException(Reason.CONNECTION_LOST, "closed"))
        : Flux.from(packets)
            .doOnNext(
                packet -> {
                  if (other != null) {
                    other.inbox.tryEmitNext(packet);
                  }
                })
            .then();
  }

  @Override
  public Mono<Void> close() {
    return Mono.fromRunnable(this::dispose).then(closed.asMono()).then();
  }

  @Override
  public Mono<CloseReason> onClose() {
    return closed.asMono();
  }

  @Override
  public void dispose() {
    end(Reason.CLOSED_LOCALLY);
  }

  @Override
  public boolean isDisposed() {
    return isClosed;
  }
}
