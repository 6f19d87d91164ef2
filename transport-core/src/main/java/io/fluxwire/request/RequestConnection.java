package io.fluxwire.request;

import io.fluxwire.CloseReason;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerConnectionDecorator;
import io.fluxwire.Undelivered;
import io.fluxwire.internal.Claimable;
import io.fluxwire.internal.Decorated;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/**
 * A connection with requests. That it reads packets does not count as use by the application: a
 * dial's subscriber may have dropped the connection unused.
 */
final class RequestConnection<P> extends PeerConnectionDecorator<P>
    implements Claimable, Decorated {

  private final PendingRequests<P> requests;
  private final Inbox<P> inbox;

  /** Whether the application has begun to use the connection. */
  private volatile boolean claimed;

  RequestConnection(
      PeerConnection<P> connection,
      PendingRequests<P> requests,
      RequestSpec<P> spec,
      Context handlers) {
    super(connection);
    this.requests = requests;
    this.inbox = new Inbox<>(connection, this, spec, requests, handlers);
  }

  /**
   * Starts in a task of its own, so that the application gets the connection before its packets.
   */
  void start(Scheduler scheduler) {
    try {
      scheduler.schedule(this::read);
    } catch (RejectedExecutionException e) {
      // The scheduler that could close it in good order has ended.
      connection().dispose();
    }
  }

  private void read() {
    connection().onClose().subscribe(requests::closed);
    connection().receive().subscribe(inbox);
  }

  private PeerConnection<P> claim() {
    if (!claimed) {
      claimed = true;
    }
    return connection();
  }

  @Override
  public boolean isClaimed() {
    return claimed;
  }

  @Override
  public Object decorated() {
    return connection();
  }

  @Override
  public Mono<P> request(P packet) {
    claim();
    return requests.request(packet);
  }

  @Override
  public Flux<P> receive() {
    claim();
    return inbox.receive();
  }

  @Override
  public Mono<Void> send(Publisher<? extends P> packets) {
    return claim().send(packets);
  }

  @Override
  public Mono<Void> close() {
    return claim().close();
  }

  @Override
  public Mono<Void> closeWithError(String problem) {
    return claim().closeWithError(problem);
  }

  @Override
  public Mono<CloseReason> onClose() {
    return claim().onClose();
  }

  @Override
  public Mono<Undelivered> undelivered() {
    return claim().undelivered();
  }

  @Override
  public Mono<Duration> ping() {
    return claim().ping();
  }

  @Override
  public Mono<Void> rotateKeys() {
    return claim().rotateKeys();
  }

  @Override
  public void dispose() {
    claim().dispose();
  }

  /** How many requests have not ended, for tests. */
  int pending() {
    return requests.size();
  }
}
