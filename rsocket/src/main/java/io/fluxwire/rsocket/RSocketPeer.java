package io.fluxwire.rsocket;

import io.fluxwire.NodeId;
import java.util.Optional;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * The proven id of the peer that sent a request. It is in the Reactor context of an acceptor at
 * SETUP, and in that of the {@code Mono} or {@code Flux} that a handler returns for a request of
 * any of the five kinds. RSocket calls the handler method itself without a context, so get the id
 * within the publisher that the handler returns:
 *
 * <pre>{@code
 * public Mono<Payload> requestResponse(Payload request) {
 *   return RSocketPeer.current().map(peer -> answer(request, peer));
 * }
 * }</pre>
 */
public final class RSocketPeer {

  /** The key of the peer's {@link NodeId} in the context. */
  public static final String KEY = "fluxwire.rsocket.peer";

  private RSocketPeer() {}

  /**
   * The id of the peer that sent the request.
   *
   * @return emits the peer's id when it is subscribed to within a request or an acceptor; errors
   *     with {@link IllegalStateException} elsewhere, and when the server or connector was not
   *     configured by {@link FluxwireRSocket}
   */
  public static Mono<NodeId> current() {
    return Mono.deferContextual(
        context ->
            in(context)
                .map(Mono::just)
                .orElseGet(
                    () -> Mono.error(() -> new IllegalStateException("no peer in this context"))));
  }

  /**
   * The id of the peer that sent the request, for code that has the context already, such as in
   * {@code deferContextual}.
   *
   * @param context of an acceptor or a request
   * @return the peer's id; empty where {@link #current()} errors
   */
  public static Optional<NodeId> in(ContextView context) {
    return context.getOrEmpty(KEY);
  }

  static Context put(Context context, NodeId peer) {
    return context.put(KEY, peer);
  }
}
