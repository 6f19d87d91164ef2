package io.fluxwire.request;

import io.fluxwire.PeerConnection;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The handlers of the packets that a peer sends by itself, not as answers. They are chosen by a
 * packet's kind, such as the case of a protobuf message's {@code oneof}. Immutable: each method
 * that adds a handler returns a copy.
 *
 * <pre>{@code
 * RequestHandlers.by(AppPkt::getPktCase)
 *     .onRequest(PktCase.ASK, (peer, packet) -> lookUp(packet.getAsk()).map(...))
 *     .onMessage(PktCase.NOTE, (peer, packet) -> store(packet.getNote()))
 * }</pre>
 *
 * <p>Handlers are called one at a time, in the order of the packets: on the connection's event
 * loop, or, for packets that have arrived already, on the thread that makes room for them. That is
 * the thread on which an earlier handler's {@code Mono} completes, or the one that requests packets
 * from {@link PeerConnection#receive()}. Handlers must not block. The {@code Mono}s that they
 * return run concurrently, as many as {@link RequestSpec#maxHandled} says. The first argument is
 * the connection that the packet came from, the second the packet. Packets of other kinds go to
 * {@link PeerConnection#receive()}.
 *
 * @param <P> the application's packet type
 * @param <C> the enum of the kinds
 */
public final class RequestHandlers<P, C extends Enum<C>> {

  /** A handler of packets. */
  sealed interface Handler<P> {

    /** Returns the answer to the packet. */
    record Request<P>(
        BiFunction<? super PeerConnection<P>, ? super P, ? extends Mono<? extends P>> answer)
        implements Handler<P> {}

    /** The packet gets no answer. */
    record Message<P>(
        BiFunction<? super PeerConnection<P>, ? super P, ? extends Mono<Void>> consume)
        implements Handler<P> {}
  }

  private final Function<? super P, C> kindOf;
  private final Map<C, Handler<P>> handlers;

  private RequestHandlers(Function<? super P, C> kindOf, Map<C, Handler<P>> handlers) {
    this.kindOf = kindOf;
    this.handlers = handlers;
  }

  /**
   * No handlers yet.
   *
   * @param kindOf returns a packet's kind, such as {@code AppPkt::getPktCase}; called on the event
   *     loop. An exception that it throws closes the connection with an error
   * @param <P> the application's packet type
   * @param <C> the enum of the kinds
   * @return handlers to add to
   */
  public static <P, C extends Enum<C>> RequestHandlers<P, C> by(Function<? super P, C> kindOf) {
    return new RequestHandlers<>(Objects.requireNonNull(kindOf, "kindOf"), Map.of());
  }

  /**
   * Adds a handler of packets that are to be answered.
   *
   * @param kind which packets
   * @param handler returns the answer, into which it has to copy the request's id. The returned
   *     {@code Mono} is cancelled when the connection ends; once the peer has closed, it has 1 s
   *     left. The handler has failed when it throws, and when its {@code Mono} errors or is empty:
   *     see {@link RequestSpec#onHandlerError}
   * @return a copy
   * @throws IllegalArgumentException when there is a handler of this kind already
   */
  public RequestHandlers<P, C> onRequest(
      C kind,
      BiFunction<? super PeerConnection<P>, ? super P, ? extends Mono<? extends P>> handler) {
    return with(kind, new Handler.Request<>(Objects.requireNonNull(handler, "handler")));
  }

  /**
   * Adds a handler of packets that are not to be answered.
   *
   * @param kind which packets
   * @param handler returns a {@code Mono} that completes when the packet has been processed; until
   *     then the packet counts towards {@link RequestSpec#maxHandled}. The {@code Mono} is not
   *     cancelled when the connection ends: give it a timeout if it may not complete by itself.
   *     When it errors or the handler throws, the failure is logged and the connection is closed as
   *     by {@link PeerConnection#closeWithError}
   * @return a copy
   * @throws IllegalArgumentException when there is a handler of this kind already
   */
  public RequestHandlers<P, C> onMessage(
      C kind, BiFunction<? super PeerConnection<P>, ? super P, ? extends Mono<Void>> handler) {
    return with(kind, new Handler.Message<>(Objects.requireNonNull(handler, "handler")));
  }

  private RequestHandlers<P, C> with(C kind, Handler<P> handler) {
    Map<C, Handler<P>> copy = new EnumMap<>(kind.getDeclaringClass());
    copy.putAll(handlers);
    if (copy.putIfAbsent(kind, handler) != null) {
      throw new IllegalArgumentException(kind + " has a handler already");
    }
    return new RequestHandlers<>(kindOf, copy);
  }

  /**
   * The packet's handler; null if there is none. Throws whatever the application's function throws.
   */
  @Nullable Handler<P> of(P packet) {
    return handlers.isEmpty() ? null : handlers.get(kindOf.apply(packet));
  }

  /** Which kinds have a handler. */
  @Override
  public String toString() {
    return "RequestHandlers" + handlers.keySet();
  }
}
