package io.fluxwire.page;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
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
  private SessionParameters session = SessionParameters.V3;
  private Sinks.One<Duration> pong = Sinks.one();
  private int pings;

  FakePeer(NodeId id, String... incoming) {
    this.id = id;
    this.incoming = Flux.just(incoming);
  }

  FakePeer session(SessionParameters negotiated) {
    session = negotiated;
    return this;
  }

  /** How often it was asked for an answer. */
  int pings() {
    return pings;
  }

  /** Answers the pings so far. */
  void answer(Duration time) {
    Sinks.One<Duration> asked = pong;
    pong = Sinks.one();
    asked.tryEmitValue(time);
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
  public SessionParameters session() {
    return session;
  }

  @Override
  public Mono<Duration> ping() {
    return Mono.defer(
        () -> {
          pings++;
          return pong.asMono();
        });
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
