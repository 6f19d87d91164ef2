package io.fluxwire.rsocket;

import io.fluxwire.NodeId;
import io.rsocket.ConnectionSetupPayload;
import io.rsocket.Payload;
import io.rsocket.RSocket;
import io.rsocket.SocketAcceptor;
import io.rsocket.plugins.SocketAcceptorInterceptor;
import io.rsocket.util.RSocketProxy;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Puts the peer's id into the Reactor context of an acceptor and of everything that its handler
 * returns.
 */
final class PeerAcceptor {

  private PeerAcceptor() {}

  /** Takes the peer's id from the subscriber's context, where Fluxwire's transport has put it. */
  static SocketAcceptorInterceptor ofContext() {
    return acceptor ->
        (setup, requester) ->
            Mono.deferContextual(
                context ->
                    RSocketPeer.in(context)
                        .map(peer -> accept(acceptor, setup, requester, peer))
                        .orElseGet(() -> acceptor.accept(setup, requester)));
  }

  /** Uses a peer's id that is known. */
  static SocketAcceptorInterceptor of(NodeId peer) {
    return acceptor ->
        (setup, requester) ->
            Mono.defer(() -> accept(acceptor, setup, requester, peer))
                .contextWrite(context -> RSocketPeer.put(context, peer));
  }

  private static Mono<RSocket> accept(
      SocketAcceptor acceptor, ConnectionSetupPayload setup, RSocket requester, NodeId peer) {
    return acceptor.accept(setup, requester).map(handler -> new Handler(handler, peer));
  }

  /** A handler that adds the peer's id to the context of all its answers. */
  private static final class Handler extends RSocketProxy {

    private final NodeId peer;

    Handler(RSocket handler, NodeId peer) {
      super(handler);
      this.peer = peer;
    }

    private <T> Mono<T> within(Mono<T> answer) {
      return answer.contextWrite(context -> RSocketPeer.put(context, peer));
    }

    private <T> Flux<T> within(Flux<T> answers) {
      return answers.contextWrite(context -> RSocketPeer.put(context, peer));
    }

    @Override
    public Mono<Void> fireAndForget(Payload payload) {
      return within(super.fireAndForget(payload));
    }

    @Override
    public Mono<Payload> requestResponse(Payload payload) {
      return within(super.requestResponse(payload));
    }

    @Override
    public Flux<Payload> requestStream(Payload payload) {
      return within(super.requestStream(payload));
    }

    @Override
    public Flux<Payload> requestChannel(Publisher<Payload> payloads) {
      return within(super.requestChannel(payloads));
    }

    @Override
    public Mono<Void> metadataPush(Payload payload) {
      return within(super.metadataPush(payload));
    }
  }
}
