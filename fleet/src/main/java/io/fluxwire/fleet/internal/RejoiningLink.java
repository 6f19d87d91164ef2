package io.fluxwire.fleet.internal;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.FleetEngineException.Kind;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/**
 * The link of an engine that has a connection to a server: one session after the other. Calls fail
 * at once while there is none. After each loss it tries again, about every second.
 */
public final class RejoiningLink implements EngineLink {

  private static final Logger LOG = LoggerFactory.getLogger(RejoiningLink.class);

  private static final Duration FIRST_DELAY = Duration.ofMillis(100);
  private static final Duration LONGEST_DELAY = Duration.ofSeconds(1);

  /**
   * What an engine gives to its link.
   *
   * @param self the instance
   * @param listener is told, and closed when the instance leaves
   * @param server names the software and its address in messages
   * @param maxMessage how large a message may be, in bytes
   * @param alone after how long without a session the instance takes itself for the only member
   * @param timers runs what is done later
   * @param clock tells which rules have ended
   * @param sessions makes the next session; called on a thread that may block
   * @param failure translates the errors of a session
   * @param release frees what all sessions share, when the instance has left
   */
  public record Parts(
      InstanceId self,
      GuardedListener listener,
      String server,
      int maxMessage,
      Duration alone,
      Scheduler timers,
      Clock clock,
      Supplier<? extends EngineSession> sessions,
      Function<Throwable, FleetEngineException> failure,
      Mono<Void> release) {}

  /** What the link does with calls. */
  private sealed interface State {

    /** There is no session to give them to. */
    record Away(@Nullable Throwable why) implements State {}

    /** A session takes them. */
    record Taking(EngineSession session) implements State {}

    /** There will be none any more. */
    record Left() implements State {}
  }

  private final Parts parts;
  private final AtomicReference<State> state = new AtomicReference<>(new State.Away(null));
  private final Disposable.Swap life = Disposables.swap();
  private final Mono<Void> leaving = Mono.defer(this::leaveNow).cache();

  /** Also while it is being made. */
  private volatile @Nullable EngineSession latest;

  /**
   * A link that has not joined.
   *
   * @param parts what it consists of
   */
  public RejoiningLink(Parts parts) {
    this.parts = parts;
  }

  /**
   * Joins, once. Cancelling leaves.
   *
   * @return emits this link once the instance is a member
   */
  public Mono<EngineLink> join() {
    return session()
        .doOnNext(first -> life.update(keep(first)))
        .<EngineLink>thenReturn(this)
        .onErrorResume(failure -> leave().then(Mono.error(parts.failure().apply(failure))))
        .doOnCancel(() -> leave().subscribe());
  }

  /** Emits a session through which the instance is a member, with all that it has announced. */
  private Mono<EngineSession> session() {
    return Mono.defer(this::connect)
        // Of the loss of the session before, an event loop may tell.
        .subscribeOn(Schedulers.boundedElastic());
  }

  private Mono<EngineSession> connect() {
    EngineSession session = parts.sessions().get();
    latest = session;
    if (state.get() instanceof State.Left) {
      session.end(EngineFailures.left());
      return Mono.error(EngineFailures.left());
    }
    session.ended().subscribe(why -> lost(session, why));
    return session
        .connect()
        .then(Mono.defer(() -> take(session)))
        .thenReturn(session)
        .doOnError(session::end);
  }

  /** From when a session takes calls on, what it has announced is what the listener owns. */
  private Mono<Void> take(EngineSession session) {
    State before = state.get();
    if (!(before instanceof State.Away)
        || !state.compareAndSet(before, new State.Taking(session))) {
      return Mono.error(EngineFailures.left());
    }
    return session.announce();
  }

  private void lost(EngineSession session, Throwable why) {
    State before = state.get();
    if (before instanceof State.Taking taking && taking.session() == session) {
      state.compareAndSet(before, new State.Away(why));
    }
  }

  private Disposable keep(EngineSession first) {
    return Mono.just(first)
        .expand(session -> session.ended().flatMap(this::sessionAfter))
        .subscribe();
  }

  private Mono<EngineSession> sessionAfter(Throwable loss) {
    FleetEngineException why = parts.failure().apply(loss);
    LOG.warn("{} has lost its fleet: {}", parts.self(), why.getMessage());
    LOG.debug("the loss of {}", parts.self(), why);
    parts.listener().lost();
    AtomicBoolean warned = new AtomicBoolean();
    return Mono.using(
        this::aloneLater,
        alone ->
            session()
                .doOnError(failure -> logFailure(failure, warned.getAndSet(true)))
                .retryWhen(
                    Retry.backoff(Long.MAX_VALUE, FIRST_DELAY)
                        .maxBackoff(LONGEST_DELAY)
                        .scheduler(parts.timers()))
                .doOnNext(
                    back -> {
                      LOG.info("{} has joined its fleet again", parts.self());
                      parts.listener().missed();
                    }),
        Disposable::dispose);
  }

  private Disposable aloneLater() {
    return parts
        .timers()
        .schedule(
            () -> parts.listener().members(Set.of(parts.self())),
            parts.alone().toMillis(),
            TimeUnit.MILLISECONDS);
  }

  private void logFailure(Throwable failure, boolean again) {
    LOG.atLevel(again ? Level.DEBUG : Level.WARN)
        .log(
            "{} cannot join again yet: {}",
            parts.self(),
            parts.failure().apply(failure).getMessage());
  }

  /** Gives a call to the session of now. */
  private <T> Mono<T> call(Function<EngineSession, Mono<T>> work) {
    return Mono.defer(() -> work.apply(now())).onErrorMap(parts.failure());
  }

  private <T> Flux<T> callMany(Function<EngineSession, Publisher<T>> work) {
    return Flux.defer(() -> work.apply(now())).onErrorMap(parts.failure());
  }

  private EngineSession now() {
    State now = state.get();
    if (now instanceof State.Taking taking) {
      return taking.session();
    }
    throw now instanceof State.Away away
        ? EngineFailures.unreachable(parts.server(), away.why())
        : EngineFailures.left();
  }

  @Override
  public InstanceId self() {
    return parts.self();
  }

  @Override
  public Mono<Void> hold(NodeId peer, long epoch) {
    return call(session -> session.hold(peer, epoch));
  }

  @Override
  public Mono<Void> release(NodeId peer, long epoch) {
    return call(session -> session.release(peer, epoch));
  }

  @Override
  public Mono<Holding> find(NodeId peer) {
    return call(session -> session.find(peer));
  }

  @Override
  public Flux<Holding> holdings() {
    return callMany(EngineSession::holdings);
  }

  @Override
  public Mono<Void> send(InstanceId to, byte[] message) {
    if (message.length > parts.maxMessage()) {
      return Mono.error(
          new FleetEngineException(
              Kind.TOO_LARGE,
              "a message of %,d bytes; up to %,d are possible"
                  .formatted(message.length, parts.maxMessage()),
              null));
    }
    return call(session -> session.send(to, message));
  }

  @Override
  public int maxMessage() {
    return parts.maxMessage();
  }

  @Override
  public Mono<Void> set(AccessRule rule) {
    if (rule.target().indexOf('\n') >= 0 || rule.target().indexOf('\r') >= 0) {
      return Mono.error(
          new FleetEngineException(Kind.FAILED, "the target of a rule is one line", null));
    }
    return call(session -> session.set(rule));
  }

  @Override
  public Flux<AccessRule> rules() {
    return callMany(EngineSession::rules)
        .filter(rule -> rule.until().isAfter(parts.clock().instant()));
  }

  @Override
  public Mono<Void> leave() {
    return leaving;
  }

  private Mono<Void> leaveNow() {
    state.set(new State.Left());
    life.dispose();
    parts.listener().close();
    EngineSession last = latest;
    return (last == null ? Mono.<Void>empty() : last.leave())
        .then(parts.release())
        .onErrorComplete();
  }
}
