package io.fluxwire.request;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerConnection;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.ForeignSource;
import io.fluxwire.internal.Isolated;
import io.netty.util.ReferenceCounted;
import java.util.Objects;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.util.context.Context;

/**
 * Reads a connection's packets: answers go to their requests, packets that have a handler go to the
 * handler, and all others go to the subscriber of {@code receive()}. Requests no more packets than
 * there is room for, whichever of the three they turn out to be.
 */
final class Inbox<P> implements CoreSubscriber<P> {

  private static final Logger LOG = LoggerFactory.getLogger(Inbox.class);
  private static final String HANDLER = "a handler of requests";

  /** The text for the peer: the failure itself may contain what the peer must not learn. */
  private static final String FAILED = "the application failed";

  /** Whoever reads the packets that are neither answers nor handled. */
  private enum Receiver {
    AWAITED,
    THERE,
    LEFT
  }

  /** The connection below. */
  private final PeerConnection<P> connection;

  /** The same with requests, for handlers. */
  private final PeerConnection<P> peer;

  private final RequestSpec<P> spec;
  private final PendingRequests<P> requests;
  private final Context context;

  /** Bounded by the demand, which counts what waits in it. */
  private final Sinks.Many<P> unhandled = Sinks.unsafe().many().unicast().onBackpressureBuffer();

  private volatile @Nullable Subscription packets;

  // What follows is guarded by this.

  private Receiver receiver = Receiver.AWAITED;
  private int asked;
  private int handled;
  private int unreceived;
  private boolean stallLogged;

  Inbox(
      PeerConnection<P> connection,
      PeerConnection<P> peer,
      RequestSpec<P> spec,
      PendingRequests<P> requests,
      Context context) {
    this.connection = connection;
    this.peer = peer;
    this.spec = spec;
    this.requests = requests;
    this.context = context;
  }

  /** The context in which handlers run, too. */
  @Override
  public Context currentContext() {
    return context;
  }

  @Override
  public void onSubscribe(Subscription s) {
    packets = s;
    ask();
  }

  @Override
  public void onNext(P packet) {
    came();
    try {
      take(packet);
    } catch (Throwable thrown) {
      failed(thrown);
    }
    ask();
  }

  @Override
  public void onError(Throwable failure) {
    // Answers cannot come any more, even where the connection is not at its end: somebody else
    // receives from it.
    requests.unreadable(failure);
    unhandled.tryEmitError(failure);
  }

  @Override
  public void onComplete() {
    unhandled.tryEmitComplete();
  }

  private void take(P packet) {
    if (packet instanceof ReferenceCounted) {
      throw new IllegalStateException("packets that are lent cannot be requests: decode them");
    }
    long answered = spec.answeredBy(packet);
    if (answered != 0) {
      requests.answered(answered, packet);
      return;
    }
    RequestHandlers.Handler<P> handler = spec.handlerOf(packet);
    if (handler instanceof RequestHandlers.Handler.Request<P> request) {
      answer(packet, request);
    } else if (handler instanceof RequestHandlers.Handler.Message<P> message) {
      consume(packet, message);
    } else {
      leave(packet);
    }
  }

  /**
   * The handler is the source of a send, so that a peer that has closed still waits for the answer.
   */
  private void answer(P packet, RequestHandlers.Handler.Request<P> handler) {
    Mono<P> answer =
        ForeignSource.<P>mono(HANDLER, () -> handler.answer().apply(peer, packet))
            .switchIfEmpty(Mono.error(() -> new IllegalStateException(HANDLER + " gave no answer")))
            .onErrorResume(failure -> insteadOf(packet, failure));
    begin();
    connection
        .send(answer)
        .doFinally(signal -> done())
        .contextWrite(context)
        .subscribe(null, this::failed);
  }

  private Mono<P> insteadOf(P packet, Throwable failure) {
    BiFunction<? super P, ? super Throwable, ? extends P> onError = spec.onHandlerError();
    if (onError == null) {
      return Mono.error(failure);
    }
    P answer = Objects.requireNonNull(onError.apply(packet, failure), "an answer of a failure");
    Callbacks.report(HANDLER, failure);
    return Mono.just(answer);
  }

  /** A message's handler runs to its end, whatever happens to the connection. */
  private void consume(P packet, RequestHandlers.Handler.Message<P> handler) {
    begin();
    ForeignSource.mono(HANDLER, () -> handler.consume().apply(peer, packet))
        .doFinally(signal -> done())
        .contextWrite(context)
        .subscribe(null, this::failed);
  }

  /** Ends the connection, unless the failure is the connection's end itself. */
  private void failed(Throwable failure) {
    if (failure instanceof ConnectionClosedException && connection.isDisposed()) {
      return;
    }
    Callbacks.report(HANDLER, failure);
    connection.closeWithError(FAILED).subscribe();
  }

  private void leave(P packet) {
    boolean wanted;
    boolean stalls;
    synchronized (this) {
      wanted = receiver != Receiver.LEFT;
      unreceived++;
      stalls =
          receiver == Receiver.AWAITED && unreceived == RequestSpec.MAX_UNRECEIVED && !stallLogged;
      stallLogged |= stalls;
    }
    if (stalls) {
      Callbacks.run(
          "the log of requests",
          () ->
              LOG.warn(
                  "{} packets of {} wait in receive(), which has no subscriber: nothing more is"
                      + " read from this connection, not even answers. Subscribe to receive(), or"
                      + " add a handler for such packets",
                  RequestSpec.MAX_UNRECEIVED,
                  connection));
    }
    if (!wanted || unhandled.tryEmitNext(packet).isFailure()) {
      Operators.onDiscard(packet, currentContext());
    }
  }

  /** The packets that are neither answers nor handled, for one subscriber. */
  Flux<P> receive() {
    Flux<P> packetsOnly =
        unhandled.asFlux().doOnNext(packet -> received()).doOnCancel(this::receiverLeft);
    return Flux.defer(
        () ->
            receiverCame()
                ? Isolated.flux(packetsOnly, thrown -> {})
                : Flux.error(
                    new IllegalStateException("receive() has one subscriber; share() it")));
  }

  private synchronized boolean receiverCame() {
    if (receiver != Receiver.AWAITED) {
      return false;
    }
    receiver = Receiver.THERE;
    return true;
  }

  private void receiverLeft() {
    synchronized (this) {
      receiver = Receiver.LEFT;
    }
    ask();
  }

  private synchronized void came() {
    asked--;
  }

  private void received() {
    synchronized (this) {
      unreceived--;
    }
    ask();
  }

  private synchronized void begin() {
    handled++;
  }

  private void done() {
    synchronized (this) {
      handled--;
    }
    ask();
  }

  private void ask() {
    Subscription s = packets;
    int more = s == null ? 0 : places();
    if (more > 0 && s != null) {
      s.request(more);
    }
  }

  /** How many packets to request now, several at a time; from now on they count as requested. */
  private synchronized int places() {
    int toHandle = spec.maxHandled() - handled;
    int places =
        receiver == Receiver.LEFT
            ? toHandle
            : Math.min(toHandle, RequestSpec.MAX_UNRECEIVED - unreceived);
    int more = places - asked;
    int few = Math.min(spec.maxHandled(), RequestSpec.MAX_UNRECEIVED) / 4;
    if (more <= 0 || (asked > 0 && more < few)) {
      return 0;
    }
    asked += more;
    return more;
  }
}
