package io.fluxwire.request;

import io.fluxwire.PeerConnection;
import io.fluxwire.TooManyRequestsException;
import io.fluxwire.internal.Arguments;
import io.fluxwire.observe.TrafficListener;
import java.time.Duration;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/**
 * How requests and answers are recognized among an application's packets. This works with any
 * protobuf message in which requests and answers carry an id: each request gets an id that the
 * connection has not used before, and its answer is the packet that repeats the id. Immutable: each
 * setter returns a copy.
 *
 * <pre>{@code
 * RequestSpec<AppPkt> requests =
 *     RequestSpec.of(App::answeredId, App::withId)
 *         .timeout(Duration.ofSeconds(5))
 *         .handlers(RequestHandlers.by(AppPkt::getPktCase).onRequest(PktCase.ASK, this::answer));
 * PeerServer.create(key, codec).requests(requests).bindNow();
 * PeerClient.create(key, codec).requests(requests).remote(host, port).link().request(question);
 * }</pre>
 *
 * <p>Each connection of such a client or server has {@link PeerConnection#request}. The connection
 * calls the handlers, and passes the packets that are neither answers nor handled to {@link
 * PeerConnection#receive()}. It begins to read once the application has got it, whether or not
 * anybody subscribes to {@code receive()}. While {@value #MAX_UNRECEIVED} packets wait for the
 * subscriber of {@code receive()}, the connection is not read, so that no answers come either; if
 * there has never been a subscriber, this is logged once. So subscribe to {@code receive()}, or add
 * a handler for such packets. Once its subscriber has cancelled, they are dropped.
 *
 * <p>An exception that a function of the spec throws for a packet of the peer closes the
 * connection, as {@link PeerConnection#closeWithError} does.
 *
 * @param <P> the application's packet type; must not be reference-counted: such a packet closes the
 *     connection with an error
 */
public final class RequestSpec<P> {

  /** How long a request may take, by default: 30 s. */
  public static final Duration TIMEOUT = Duration.ofSeconds(30);

  /** How many requests of a connection may have no answer yet, by default. */
  public static final int MAX_IN_FLIGHT = 256;

  /** How many requests of a connection may wait to be sent, by default. */
  public static final int MAX_WAITING = 1024;

  /** How many packets of a connection handlers work on at a time, by default. */
  public static final int MAX_HANDLED = 64;

  /** How many packets of a connection may wait for the subscriber of {@code receive()}. */
  public static final int MAX_UNRECEIVED = 64;

  /** The settings. They do not change once a spec has them. */
  private static final class Config<P> {

    final ToLongFunction<? super P> answers;
    final BiFunction<? super P, Long, ? extends P> withId;
    Duration timeout = TIMEOUT;
    int maxInFlight = MAX_IN_FLIGHT;
    int maxWaiting = MAX_WAITING;
    int maxHandled = MAX_HANDLED;
    @Nullable RequestHandlers<P, ?> handlers;
    @Nullable BiFunction<? super P, ? super Throwable, ? extends P> onHandlerError;

    Config(ToLongFunction<? super P> answers, BiFunction<? super P, Long, ? extends P> withId) {
      this.answers = Objects.requireNonNull(answers, "answers");
      this.withId = Objects.requireNonNull(withId, "withId");
    }

    Config(Config<P> other) {
      answers = other.answers;
      withId = other.withId;
      timeout = other.timeout;
      maxInFlight = other.maxInFlight;
      maxWaiting = other.maxWaiting;
      maxHandled = other.maxHandled;
      handlers = other.handlers;
      onHandlerError = other.onHandlerError;
    }
  }

  private final Config<P> config;

  private RequestSpec(Config<P> config) {
    this.config = config;
  }

  private RequestSpec<P> with(Consumer<Config<P>> change) {
    Config<P> changed = new Config<>(config);
    change.accept(changed);
    return new RequestSpec<>(changed);
  }

  /**
   * Requests without handlers, with the defaults. The first function is called on the same threads
   * as {@linkplain RequestHandlers handlers}, the second also on the threads that send requests;
   * neither may block.
   *
   * @param answers returns the id of the request that a packet answers; 0 for a packet that is not
   *     an answer, such as a request of the peer's. A protobuf field that is not set is 0
   * @param withId returns a copy of a request with the given id in it; ids are 1, 2 and so on in
   *     each connection. If it throws or returns null, the request errors and is not sent
   * @param <P> the application's packet type
   * @return the spec
   */
  public static <P> RequestSpec<P> of(
      ToLongFunction<? super P> answers, BiFunction<? super P, Long, ? extends P> withId) {
    return new RequestSpec<>(new Config<>(answers, withId));
  }

  /**
   * Sets how long a request may take on its connection, from its subscription until its answer
   * comes. The time that it waits to be sent counts. The time that {@link
   * io.fluxwire.dial.PeerLink#request} waits for a connection does not count.
   *
   * @param limit 1 ms or more; the default is {@link #TIMEOUT}
   * @return a copy
   */
  public RequestSpec<P> timeout(Duration limit) {
    Duration checked = Arguments.positive("the timeout", limit);
    if (checked.toMillis() == 0) {
      throw new IllegalArgumentException("the timeout has to be 1 ms or more, and not " + limit);
    }
    return with(c -> c.timeout = checked);
  }

  /**
   * Sets how many requests of a connection may be sent and not yet answered. Further requests wait
   * to be sent until one of these has ended.
   *
   * @param requests 1 or more; the default is {@value #MAX_IN_FLIGHT}
   * @return a copy
   */
  public RequestSpec<P> maxInFlight(int requests) {
    int checked = Arguments.atLeast("the number of requests in flight", requests, 1);
    return with(c -> c.maxInFlight = checked);
  }

  /**
   * Sets how many requests of a connection may wait to be sent while {@link #maxInFlight} is
   * reached. Further requests error with {@link TooManyRequestsException}.
   *
   * @param requests 0 or more; the default is {@value #MAX_WAITING}
   * @return a copy
   */
  public RequestSpec<P> maxWaiting(int requests) {
    int checked = Arguments.atLeast("the number of requests that wait", requests, 0);
    return with(c -> c.maxWaiting = checked);
  }

  /**
   * Sets how many packets of a connection handlers work on at a time. While there are that many,
   * the connection is not read, so that the peer's packets wait, and its answers as well.
   *
   * @param packets 1 or more; the default is {@value #MAX_HANDLED}
   * @return a copy
   */
  public RequestSpec<P> maxHandled(int packets) {
    int checked = Arguments.atLeast("the number of packets that are handled", packets, 1);
    return with(c -> c.maxHandled = checked);
  }

  /**
   * Sets the handlers of packets that a peer sends by itself, not as answers.
   *
   * @param all the handlers, which replace those set before; by default there are none
   * @return a copy
   */
  public RequestSpec<P> handlers(RequestHandlers<P, ?> all) {
    Objects.requireNonNull(all, "all");
    return with(c -> c.handlers = all);
  }

  /**
   * Sets the answer to a request whose handler failed. By default the connection is closed with an
   * error, and the peer learns only that the application failed. In both cases the failure is
   * logged on this side. This does not apply to handlers of messages, whose failure always closes
   * the connection.
   *
   * @param answer makes the answer from the request, whose id it has to copy, and the failure,
   *     which may contain secrets; called on the thread on which the handler failed. If it throws
   *     or returns null, the connection is closed as by default
   * @return a copy
   */
  public RequestSpec<P> onHandlerError(
      BiFunction<? super P, ? super Throwable, ? extends P> answer) {
    Objects.requireNonNull(answer, "answer");
    return with(c -> c.onHandlerError = answer);
  }

  /**
   * Adds requests to a connection. The result wraps the connection: closing either closes both. The
   * result subscribes to {@code receive()} of the connection, so nobody else may do so. If somebody
   * has subscribed already, {@code receive()} of the result errors with {@link
   * IllegalStateException}, and requests time out.
   *
   * @param connection the connection; {@code requests} of a client or server does this for each of
   *     its connections
   * @return the connection with requests, whose timers and reading start on {@link
   *     Schedulers#parallel()}
   */
  public PeerConnection<P> over(PeerConnection<P> connection) {
    return over(connection, Schedulers.parallel());
  }

  /**
   * As {@link #over(PeerConnection)}.
   *
   * @param connection the connection
   * @param scheduler runs the timers of requests, and the task that begins to read; best the
   *     connection's own event loop. If it no longer accepts tasks, the connection is disposed of
   * @return the connection with requests
   */
  public PeerConnection<P> over(PeerConnection<P> connection, Scheduler scheduler) {
    return over(connection, scheduler, TrafficListener.NONE, Context.empty());
  }

  /**
   * As {@link #over(PeerConnection, Scheduler)}, observed.
   *
   * @param connection the connection
   * @param scheduler runs the timers of requests, and the task that begins to read
   * @param traffic is told how each request ends
   * @param handlers the Reactor context in which handlers run
   * @return the connection with requests
   */
  public PeerConnection<P> over(
      PeerConnection<P> connection,
      Scheduler scheduler,
      TrafficListener traffic,
      Context handlers) {
    RequestConnection<P> with =
        new RequestConnection<>(
            connection,
            new PendingRequests<>(connection, this, scheduler, traffic),
            this,
            handlers);
    with.start(scheduler);
    return with;
  }

  /** The id of the request that a packet answers; 0 if it is no answer. */
  long answeredBy(P packet) {
    return config.answers.applyAsLong(packet);
  }

  /** The request with its id. */
  P withId(P request, long id) {
    return Objects.requireNonNull(
        config.withId.apply(request, id), "the function that writes a request's id gave null");
  }

  /** The packet's handler; null if there is none. */
  RequestHandlers.@Nullable Handler<P> handlerOf(P packet) {
    RequestHandlers<P, ?> all = config.handlers;
    return all == null ? null : all.of(packet);
  }

  /** Makes the answer to a request whose handler failed; null if none is set. */
  @Nullable BiFunction<? super P, ? super Throwable, ? extends P> onHandlerError() {
    return config.onHandlerError;
  }

  Duration timeout() {
    return config.timeout;
  }

  int maxInFlight() {
    return config.maxInFlight;
  }

  int maxWaiting() {
    return config.maxWaiting;
  }

  int maxHandled() {
    return config.maxHandled;
  }

  /** The limits, and the kinds of packets that are handled. */
  @Override
  public String toString() {
    return "RequestSpec[%s, %d in flight, %d wait, %d handled, %s]"
        .formatted(
            config.timeout,
            config.maxInFlight,
            config.maxWaiting,
            config.maxHandled,
            config.handlers == null ? "no handlers" : config.handlers);
  }
}
