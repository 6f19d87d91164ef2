package io.fluxwire.spring;

import io.fluxwire.rsocket.RSocketPeer;
import io.rsocket.Payload;
import io.rsocket.RSocket;
import io.rsocket.SocketAcceptor;
import io.rsocket.plugins.SocketAcceptorInterceptor;
import io.rsocket.util.RSocketProxy;
import java.util.List;
import org.reactivestreams.Publisher;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/** Tells Spring Security who asks, at SETUP and with each request. */
final class PeerSecurity implements SocketAcceptorInterceptor {

  @Override
  public SocketAcceptor apply(SocketAcceptor acceptor) {
    return (setup, requester) ->
        acceptor
            .accept(setup, requester)
            .<RSocket>map(Authenticated::new)
            .contextWrite(PeerSecurity::authenticate);
  }

  private static Context authenticate(Context context) {
    return RSocketPeer.in(context)
        .map(PeerPrincipal::new)
        .map(
            peer ->
                context.putAll(
                    ReactiveSecurityContextHolder.withAuthentication(new Peer(peer)).readOnly()))
        .orElse(context);
  }

  /** A handler that answers in the security context of who asks. */
  private static final class Authenticated extends RSocketProxy {

    Authenticated(RSocket handler) {
      super(handler);
    }

    @Override
    public Mono<Void> fireAndForget(Payload payload) {
      return super.fireAndForget(payload).contextWrite(PeerSecurity::authenticate);
    }

    @Override
    public Mono<Payload> requestResponse(Payload payload) {
      return super.requestResponse(payload).contextWrite(PeerSecurity::authenticate);
    }

    @Override
    public Flux<Payload> requestStream(Payload payload) {
      return super.requestStream(payload).contextWrite(PeerSecurity::authenticate);
    }

    @Override
    public Flux<Payload> requestChannel(Publisher<Payload> payloads) {
      return super.requestChannel(payloads).contextWrite(PeerSecurity::authenticate);
    }

    @Override
    public Mono<Void> metadataPush(Payload payload) {
      return super.metadataPush(payload).contextWrite(PeerSecurity::authenticate);
    }
  }

  /** A node whose id is proven: what it may do is for the application's rules to say. */
  private static final class Peer extends AbstractAuthenticationToken {

    private static final long serialVersionUID = 1L;

    private final transient PeerPrincipal principal;

    Peer(PeerPrincipal principal) {
      super(List.of());
      this.principal = principal;
      setAuthenticated(true);
    }

    @Override
    public Object getCredentials() {
      return "";
    }

    @Override
    public PeerPrincipal getPrincipal() {
      return principal;
    }
  }
}
