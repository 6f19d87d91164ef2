package io.fluxwire.fleet.nats;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.fleet.internal.EngineFailures;
import io.fluxwire.fleet.internal.EngineSession;
import io.fluxwire.fleet.internal.GuardedListener;
import io.fluxwire.fleet.internal.Notice;
import io.fluxwire.fleet.internal.TolerantReader;
import java.util.List;
import java.util.concurrent.TimeoutException;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A connection to NATS, until it is lost: how the instance becomes a member through it, stays one,
 * and leaves. Each of the session's parts knows only those before it: {@link Steps}, {@link
 * SessionConnection}, {@link Rows}, {@link Membership}, {@link Questions}, {@link Receiver}.
 */
final class NatsSession implements EngineSession {

  /** Both sides, since NATS' default is 1 MiB, of which the notice's first line takes some. */
  static final int MAX_MESSAGE = (1 << 20) - 1024;

  /** How many bytes may wait for NATS. */
  private static final long MAX_WAITING = 16L << 20;

  private final EngineConfig config;
  private final Subjects subjects;
  private final InstanceId self;
  private final String token;
  private final GuardedListener listener;
  private final RuleBook rules;
  private final Steps steps;
  private final SessionConnection connection;
  private final Rows rows;
  private final Membership membership;
  private final Receiver receiver;
  private final Questions questions;

  /** When this instance last showed that it is alive. Of the worker's thread. */
  private long beatenAt;

  NatsSession(
      EngineConfig config,
      InstanceId self,
      String token,
      GuardedListener listener,
      RuleBook rules,
      Scheduler worker) {
    this.config = config;
    this.subjects = Subjects.of(config.fleet);
    this.self = self;
    this.token = token;
    this.listener = listener;
    this.rules = rules;
    this.steps = new Steps(worker, config.timers);
    this.connection = new SessionConnection(config, self, steps);
    this.rows = new Rows(self, subjects, connection);
    this.membership = new Membership(config, self, token, connection, listener, rows);
    TolerantReader reader = new TolerantReader(config.server());
    this.receiver =
        new Receiver(subjects, self, token, connection, membership, rows, rules, listener, reader);
    this.questions = new Questions(config, steps, connection, membership, reader);
  }

  // From the connection to being a member

  @Override
  public Mono<Void> connect() {
    return steps
        .run(this::open)
        .then(
            membership
                .greeting()
                .over()
                .timeout(config.heartbeat.interval(), config.timers)
                // Who has not answered is dead, or shows that it is alive later on.
                .onErrorResume(TimeoutException.class, silence -> Mono.empty()))
        .then(steps.run(this::appear));
  }

  private void open() throws Exception {
    connection.open(receiver::receive);
    connection.subscribe(subjects.members());
    connection.subscribe(subjects.changes());
    connection.subscribe(subjects.inbox(self));
    connection.subscribe(subjects.ask(self));
    connection.subscribe(subjects.greetings(self, token));
    connection.flush();
    connection.publish(
        subjects.hello(), subjects.greetings(self, token), ("hello " + self).getBytes(UTF_8));
  }

  /** From now on this instance answers who comes next, and the others count it. */
  private void appear() throws Exception {
    if (membership.greeting().isAnotherSelf()) {
      throw EngineFailures.taken(self);
    }
    connection.subscribe(subjects.hello());
    membership.showAlive();
    beatenAt = config.nanos.getAsLong();
    connection.flush();
    membership.join();
  }

  @Override
  public Mono<Void> announce() {
    return connection
        .write(this::announceOwn)
        .thenMany(Flux.fromIterable(membership.members()))
        .filter(member -> !member.equals(self))
        .concatMap(questions::rulesOf)
        .doOnNext(rules::add)
        .then()
        .doOnSuccess(nothing -> connection.keepUntilEnd(keepBeating()));
  }

  private void announceOwn() throws Exception {
    rows.announce(List.copyOf(listener.own()));
    listener.ownRules().forEach(rules::add);
    List<AccessRule> known = List.copyOf(rules.all());
    for (int from = 0; from < known.size(); from += Rows.PAGE) {
      connection.publish(
          subjects.changes(),
          Notice.rules(known.subList(from, Math.min(known.size(), from + Rows.PAGE))));
    }
    connection.flush();
  }

  // Staying a member

  private Disposable keepBeating() {
    return Flux.interval(config.heartbeat.interval(), config.timers)
        .onBackpressureDrop()
        .concatMap(tick -> connection.write(this::beat), 1)
        .subscribe(nothing -> {}, this::end);
  }

  private void beat() throws TimeoutException {
    long now = config.nanos.getAsLong();
    long pause = now - beatenAt;
    beatenAt = now;
    if (pause > config.heartbeat.timeout().toNanos()) {
      throw EngineFailures.gone(config.server());
    }
    int lost = membership.countUnheard();
    if (lost > config.heartbeat.lossesAllowed()) {
      throw new TimeoutException("what NATS is sent does not come back");
    }
    membership.showAlive();
    rules.removeEnded(config.clock.instant());
    // Whoever was stopped, or is behind, has not heard the others yet.
    if (lost == 0 && pause < 2 * config.heartbeat.interval().toNanos()) {
      membership.removeSilent(now);
    }
  }

  // What callers ask for

  @Override
  public Mono<Void> hold(NodeId peer, long epoch) {
    Holding row = new Holding(peer, self, epoch);
    return connection.write(() -> rows.hold(row));
  }

  @Override
  public Mono<Void> release(NodeId peer, long epoch) {
    Holding row = new Holding(peer, self, epoch);
    return connection.write(() -> rows.release(row));
  }

  @Override
  public Mono<Holding> find(NodeId peer) {
    return questions.find(peer);
  }

  @Override
  public Flux<Holding> holdings() {
    return Flux.fromIterable(membership.members())
        .concatMap(
            member ->
                member.equals(self) ? Flux.fromIterable(rows.own()) : questions.rowsOf(member));
  }

  @Override
  public Mono<Void> send(InstanceId to, byte[] message) {
    return steps.run(
        () -> {
          if (!membership.contains(to)) {
            throw EngineFailures.noMember(to);
          }
          if (connection.waitingBytes() > MAX_WAITING) {
            throw EngineFailures.slow(config.server(), MAX_WAITING);
          }
          connection.publish(subjects.inbox(to), Notice.message(self, message));
        });
  }

  @Override
  public Mono<Void> set(AccessRule rule) {
    return connection.write(
        () -> {
          rules.add(rule);
          connection.publish(subjects.changes(), Notice.rules(List.of(rule)));
        });
  }

  @Override
  public Flux<AccessRule> rules() {
    return Flux.defer(() -> Flux.fromIterable(rules.all()));
  }

  // The end

  @Override
  public Mono<Throwable> ended() {
    return connection.ended();
  }

  @Override
  public void end(Throwable cause) {
    connection.end(cause);
  }

  @Override
  public Mono<Void> leave() {
    return steps
        .run(
            () -> {
              if (membership.isJoined()) {
                membership.showLeft();
                connection.flush();
              }
            })
        .onErrorComplete()
        .then(Mono.fromRunnable(() -> end(EngineFailures.left())))
        // After the closing that has just been ordered.
        .then(steps.run(() -> {}))
        .onErrorComplete();
  }
}
