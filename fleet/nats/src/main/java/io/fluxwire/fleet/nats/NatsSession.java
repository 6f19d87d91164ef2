package io.fluxwire.fleet.nats;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.FleetEngineException.Kind;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.fleet.internal.EngineFailures;
import io.fluxwire.fleet.internal.EngineSession;
import io.fluxwire.fleet.internal.Futures;
import io.fluxwire.fleet.internal.GuardedListener;
import io.fluxwire.fleet.internal.Notice;
import io.fluxwire.fleet.internal.TolerantReader;
import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import io.nats.client.JetStreamStatusException;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * A connection to NATS, until it is lost. jnats' own reconnecting is off: a connection that comes
 * back by itself is told nothing of what was missed, so all has to be said again anyway.
 *
 * <p>jnats may block whoever publishes. So all that is sent for callers goes through one worker
 * thread, which also keeps it in order; what is received comes on the one thread of a dispatcher.
 */
final class NatsSession implements EngineSession {

  /** How many rows or rules are in one message. */
  static final int PAGE = 500;

  /** Both sides, since NATS' default is 1 MiB, of which the notice's first line takes some. */
  static final int MAX_MESSAGE = (1 << 20) - 1024;

  private static final int MIN_PAYLOAD = 1 << 20;

  /** How many bytes may wait for NATS. */
  private static final long MAX_WAITING = 16L << 20;

  private static final long MAX_UNREAD_MESSAGES = 100_000;
  private static final long MAX_UNREAD_BYTES = 64L << 20;

  private static final String ALIVE = "alive";
  private static final String LEFT = "left";
  private static final String GONE = "gone";
  private static final String HERE = "here";
  private static final String ROWS = "rows";

  private final EngineConfig config;
  private final Subjects subjects;
  private final InstanceId self;
  private final String token;
  private final GuardedListener listener;
  private final RuleBook rules;
  private final Scheduler worker;
  private final TolerantReader reader;
  private final View view;

  /** What this instance holds, in an order by which it can be told page by page. */
  private final ConcurrentNavigableMap<NodeId, Holding> rows = new ConcurrentSkipListMap<>();

  /** Rows of others that count more than this instance's row of the same peer. */
  private final Map<NodeId, Holding> better = new ConcurrentHashMap<>();

  private final Greeting greeting;
  private final Sinks.One<Throwable> ended = Sinks.one();
  private final Disposable.Swap beats = Disposables.swap();

  /** How many of its own signs of life in a row this instance has not heard. */
  private final AtomicInteger unheard = new AtomicInteger();

  private volatile boolean joined;

  // Of the worker's thread; the connection is also read elsewhere, once there is one.
  private volatile @Nullable Connection connection;
  private @Nullable Dispatcher dispatcher;
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
    this.worker = worker;
    this.reader = new TolerantReader(config.server());
    this.view = new View(self);
    this.greeting = new Greeting(self);
  }

  // The worker

  /** Runs a step after those before it, also if whoever waits for it goes away. */
  private <T> Mono<T> onWorker(Callable<T> step) {
    return Mono.defer(
        () -> {
          CompletableFuture<T> done = new CompletableFuture<>();
          worker.schedule(
              () -> {
                try {
                  done.complete(step.call());
                } catch (Throwable thrown) {
                  done.completeExceptionally(thrown);
                }
              });
          // Off the worker, which whoever is told could keep.
          return Futures.await(done).publishOn(config.timers);
        });
  }

  private interface Step {
    void run() throws Exception;
  }

  /** What fails has to be announced again, by another session. */
  private Mono<Void> write(Step step) {
    return onWorker(
            () -> {
              try {
                step.run();
                return true;
              } catch (Exception failure) {
                // Also if nobody waits any more.
                end(failure);
                throw failure;
              }
            })
        // Too much may wait for the worker.
        .doOnError(this::end)
        .then();
  }

  private Connection connected() {
    Connection now = connection;
    if (now == null) {
      throw EngineFailures.unreachable(config.server(), null);
    }
    return now;
  }

  private void publish(String subject, byte[] notice) {
    connected().publish(subject, notice);
  }

  private void publish(String subject, String words) {
    publish(subject, words.getBytes(UTF_8));
  }

  /** Waits until NATS has taken all that was sent. */
  private void flush() throws Exception {
    connected().flush(config.heartbeat.answerLimit());
    String error = connected().getLastError();
    if (error != null && Failures.isNotPermitted(error)) {
      throw Failures.notPermitted(config.server(), error);
    }
  }

  // From the connection to being a member

  @Override
  public Mono<Void> connect() {
    return onWorker(
            () -> {
              open();
              return true;
            })
        .then(
            greeting
                .over()
                .timeout(config.heartbeat.interval(), config.timers)
                // Who has not answered is dead, or shows that it is alive later on.
                .onErrorResume(TimeoutException.class, silence -> Mono.empty()))
        .then(
            onWorker(
                () -> {
                  appear();
                  return true;
                }))
        .then();
  }

  private void open() throws Exception {
    Connection opened = Nats.connect(options());
    connection = opened;
    if (opened.getMaxPayload() < MIN_PAYLOAD) {
      throw new FleetEngineException(
          Kind.FAILED,
          "%s takes messages of %,d bytes; set max_payload to 1 MiB or more, as is the default"
              .formatted(config.server(), opened.getMaxPayload()),
          null);
    }
    Dispatcher made = opened.createDispatcher(this::receive);
    made.setPendingLimits(MAX_UNREAD_MESSAGES, MAX_UNREAD_BYTES);
    dispatcher = made;
    made.subscribe(subjects.members());
    made.subscribe(subjects.changes());
    made.subscribe(subjects.inbox(self));
    made.subscribe(subjects.ask(self));
    made.subscribe(subjects.greetings(self, token));
    flush();
    opened.publish(
        subjects.hello(), subjects.greetings(self, token), ("hello " + self).getBytes(UTF_8));
  }

  private Options options() {
    SessionEvents events = new SessionEvents(config.server(), this::end);
    return new Options.Builder(config.options)
        .connectionName("fluxwire " + config.fleet + " " + self)
        .noReconnect()
        .connectionTimeout(config.heartbeat.timeout())
        .reportNoResponders()
        .inboxPrefix(subjects.answers())
        .connectionListener(events)
        .errorListener(events)
        .build();
  }

  /** From now on this instance answers who comes next, and the others count it. */
  private void appear() throws Exception {
    if (greeting.isAnotherSelf()) {
      throw EngineFailures.taken(self);
    }
    subscribe(subjects.hello());
    publish(subjects.members(), sign(ALIVE));
    beatenAt = config.nanos.getAsLong();
    flush();
    joined = true;
    listener.members(view.members());
  }

  private String sign(String word) {
    return word + " " + self + " " + token;
  }

  private void subscribe(String subject) {
    Objects.requireNonNull(dispatcher).subscribe(subject);
  }

  @Override
  public Mono<Void> announce() {
    return write(this::announceOwn)
        .thenMany(Flux.fromIterable(view.members()))
        .filter(member -> !member.equals(self))
        .concatMap(this::rulesOf)
        .doOnNext(rules::add)
        .then()
        .doOnSuccess(nothing -> beats.update(keepBeating()));
  }

  private void announceOwn() throws Exception {
    List<Holding> all = List.copyOf(listener.own());
    for (int from = 0; from < all.size(); from += PAGE) {
      List<Holding> page = all.subList(from, Math.min(all.size(), from + PAGE));
      page.forEach(this::putRow);
      publish(subjects.changes(), Notice.rows(Notice.HELD, self, page));
    }
    listener.ownRules().forEach(rules::add);
    List<AccessRule> known = List.copyOf(rules.all());
    for (int from = 0; from < known.size(); from += PAGE) {
      publish(
          subjects.changes(),
          Notice.rules(known.subList(from, Math.min(known.size(), from + PAGE))));
    }
    flush();
  }

  // Signs of life

  private Disposable keepBeating() {
    return Flux.interval(config.heartbeat.interval(), config.timers)
        .onBackpressureDrop()
        .concatMap(tick -> write(this::beat), 1)
        .subscribe(nothing -> {}, this::end);
  }

  private void beat() throws TimeoutException {
    long now = config.nanos.getAsLong();
    long pause = now - beatenAt;
    beatenAt = now;
    if (pause > config.heartbeat.timeout().toNanos()) {
      throw EngineFailures.gone(config.server());
    }
    int lost = unheard.getAndIncrement();
    if (lost > config.heartbeat.lossesAllowed()) {
      throw new TimeoutException("what NATS is sent does not come back");
    }
    publish(subjects.members(), sign(ALIVE));
    rules.removeEnded(config.clock.instant());
    // Whoever was stopped, or is behind, has not heard the others yet.
    if (lost == 0 && pause < 2 * config.heartbeat.interval().toNanos()) {
      removeSilent(now);
    }
  }

  private void removeSilent(long now) {
    List<View.Gone> gone = view.removeSilent(config.heartbeat.timeout(), now);
    for (View.Gone one : gone) {
      // If it is not dead, it has to announce its rows again.
      publish(subjects.members(), GONE + " " + one.instance() + " " + one.token());
    }
    if (!gone.isEmpty()) {
      membersChanged(view.members());
    }
  }

  private void membersChanged(Set<InstanceId> members) {
    better.values().removeIf(row -> !members.contains(row.instance()));
    if (joined) {
      listener.members(members);
    }
  }

  private void seen(InstanceId instance, @Nullable String of) {
    switch (view.seen(instance, of, config.nanos.getAsLong())) {
      case AGAIN -> {}
      case NEW -> membersChanged(view.members());
      case ANEW -> {
        Set<InstanceId> others = view.members();
        others.remove(instance);
        membersChanged(others);
        membersChanged(view.members());
      }
    }
  }

  // What is received

  private void receive(Message message) {
    if (message.isStatusMessage()) {
      // Nobody has heard the greeting.
      greeting.unanswered();
      return;
    }
    reader.read(
        () -> {
          receive(message, Notice.of(message.getData()));
          return message;
        });
  }

  private void receive(Message message, Notice notice) {
    String subject = message.getSubject();
    if (subject.equals(subjects.members())) {
      sign(notice);
    } else if (subject.equals(subjects.changes())) {
      change(notice);
    } else if (subject.equals(subjects.inbox(self))) {
      notice.tell(listener);
    } else if (subject.startsWith(subjects.peers())) {
      answer(message, peer(subject.substring(subjects.peers().length())));
    } else if (subject.equals(subjects.ask(self))) {
      answer(message, page(notice));
    } else if (subject.equals(subjects.hello())) {
      answer(message, here());
    } else if (subject.equals(subjects.greetings(self, token))) {
      greeted(notice);
    }
  }

  private void answer(Message question, byte[] answer) {
    if (question.getReplyTo() != null) {
      publish(question.getReplyTo(), answer);
    }
  }

  private void sign(Notice notice) {
    InstanceId instance = notice.instance();
    switch (notice.word(0)) {
      case ALIVE -> {
        if (instance.equals(self)) {
          unheard.set(0);
        } else {
          seen(instance, notice.word(2));
        }
      }
      case LEFT -> {
        if (view.left(instance)) {
          membersChanged(view.members());
        }
      }
      case GONE -> {
        if (instance.equals(self) && notice.word(2).equals(token)) {
          end(EngineFailures.gone(config.server()));
        }
      }
      default -> throw new IllegalArgumentException("an unknown word");
    }
  }

  private byte[] here() {
    StringBuilder words =
        new StringBuilder(HERE).append(' ').append(self).append(' ').append(token);
    view.members().forEach(member -> words.append(' ').append(member));
    return words.toString().getBytes(UTF_8);
  }

  private void greeted(Notice notice) {
    InstanceId instance = notice.instance();
    seen(instance, notice.word(2));
    greeting.answered(instance, notice.instances(3));
  }

  private void change(Notice notice) {
    switch (notice.word(0)) {
      case Notice.HELD -> {
        seen(notice.instance(), null);
        notice.rows().forEach(this::compare);
      }
      case Notice.RELEASED -> notice.rows().forEach(row -> better.remove(row.peer(), row));
      default -> notice.rules().forEach(rules::add);
    }
    notice.tell(listener);
  }

  /**
   * Of several who hold a peer, each knows the row that counts, so that whoever answers tells it.
   */
  private void compare(Holding other) {
    Holding mine = rows.get(other.peer());
    if (mine == null || other.instance().equals(self)) {
      return;
    }
    if (Holding.BY_EPOCH.compare(other, mine) > 0) {
      better.merge(
          other.peer(),
          other,
          (one, two) ->
              one.instance().equals(two.instance()) || Holding.BY_EPOCH.compare(two, one) > 0
                  ? two
                  : one);
    } else if (!better.containsKey(other.peer())) {
      publish(subjects.changes(), Notice.rows(Notice.HELD, self, List.of(mine)));
    }
  }

  private byte[] peer(String name) {
    NodeId peer = NodeId.parse(name);
    Holding row = better.getOrDefault(peer, rows.get(peer));
    // Without a row it was released a moment ago.
    return row == null
        ? Notice.rows(Notice.HELD, self, List.of())
        : Notice.rows(Notice.HELD, row.instance(), List.of(row));
  }

  private byte[] page(Notice question) {
    String after = new String(question.rest(), UTF_8);
    if (question.word(0).equals(Notice.RULES)) {
      return Notice.rules(rules.page(after, PAGE));
    }
    Map<NodeId, Holding> from = after.isEmpty() ? rows : rows.tailMap(NodeId.parse(after), false);
    return Notice.rows(Notice.HELD, self, from.values().stream().limit(PAGE).toList());
  }

  // What callers ask for

  private void putRow(Holding row) {
    rows.put(row.peer(), row);
    Holding other = better.get(row.peer());
    if (other != null && Holding.BY_EPOCH.compare(row, other) > 0) {
      better.remove(row.peer(), other);
    }
    // Without effect if there is a subscription already.
    subscribe(subjects.peer(row.peer()));
  }

  @Override
  public Mono<Void> hold(NodeId peer, long epoch) {
    Holding row = new Holding(peer, self, epoch);
    return write(
        () -> {
          putRow(row);
          publish(subjects.changes(), Notice.rows(Notice.HELD, self, List.of(row)));
        });
  }

  @Override
  public Mono<Void> release(NodeId peer, long epoch) {
    Holding row = new Holding(peer, self, epoch);
    return write(
        () -> {
          if (rows.remove(peer, row)) {
            Objects.requireNonNull(dispatcher).unsubscribe(subjects.peer(peer));
            better.remove(peer);
            publish(subjects.changes(), Notice.rows(Notice.RELEASED, self, List.of(row)));
          }
        });
  }

  @Override
  public Mono<Holding> find(NodeId peer) {
    return question(subjects.peer(peer), new byte[0])
        // Whoever holds it is stopped, or dead.
        .onErrorResume(TimeoutException.class, silence -> Mono.empty())
        .flatMap(
            answer ->
                Mono.justOrEmpty(
                    reader.read(answer::rows).flatMap(rows -> rows.stream().findFirst())))
        .filter(row -> row.peer().equals(peer));
  }

  /** Empty if nobody listens; an error if nobody answers. */
  private Mono<Notice> question(String subject, byte[] question) {
    return onWorker(
            () -> connected().requestWithTimeout(subject, question, config.heartbeat.answerLimit()))
        .flatMap(
            answer ->
                Mono.fromFuture(answer).timeout(config.heartbeat.answerLimit(), config.timers))
        .onErrorResume(JetStreamStatusException.class, nobody -> Mono.empty())
        .map(answer -> Notice.of(answer.getData()));
  }

  @Override
  public Flux<Holding> holdings() {
    return Flux.fromIterable(view.members())
        .concatMap(
            member ->
                member.equals(self)
                    ? Flux.fromIterable(rows.values())
                    : pages(member, ROWS, Notice::rows, row -> row.peer().toString()));
  }

  private Flux<AccessRule> rulesOf(InstanceId member) {
    return pages(member, Notice.RULES, Notice::rules, AccessRule::target);
  }

  /** Asks a member for one page after the other, as long as it is a member. */
  private <T> Flux<T> pages(
      InstanceId member, String word, Function<Notice, List<T>> reading, Function<T, String> key) {
    return page(member, word, "", reading)
        .expand(
            page ->
                page.size() < PAGE
                    ? Mono.empty()
                    : page(member, word, key.apply(page.get(page.size() - 1)), reading))
        .concatMapIterable(page -> page, 1);
  }

  private <T> Mono<List<T>> page(
      InstanceId member, String word, String after, Function<Notice, List<T>> reading) {
    return question(subjects.ask(member), (word + "\n" + after).getBytes(UTF_8))
        .retryWhen(
            Retry.indefinitely()
                .filter(failure -> failure instanceof TimeoutException && view.contains(member)))
        .onErrorResume(TimeoutException.class, dead -> Mono.empty())
        .flatMap(answer -> Mono.justOrEmpty(reader.read(() -> reading.apply(answer))));
  }

  @Override
  public Mono<Void> send(InstanceId to, byte[] message) {
    return onWorker(
            () -> {
              if (!view.contains(to)) {
                throw EngineFailures.noMember(to);
              }
              if (connected().outgoingPendingBytes() > MAX_WAITING) {
                throw EngineFailures.slow(config.server(), MAX_WAITING);
              }
              publish(subjects.inbox(to), Notice.message(self, message));
              return true;
            })
        .then();
  }

  @Override
  public Mono<Void> set(AccessRule rule) {
    return write(
        () -> {
          rules.add(rule);
          publish(subjects.changes(), Notice.rules(List.of(rule)));
        });
  }

  @Override
  public Flux<AccessRule> rules() {
    return Flux.defer(() -> Flux.fromIterable(rules.all()));
  }

  // The end

  @Override
  public Mono<Throwable> ended() {
    return ended.asMono();
  }

  @Override
  public void end(Throwable cause) {
    if (ended.tryEmitValue(cause) == Sinks.EmitResult.OK) {
      beats.dispose();
      onWorker(
              () -> {
                close();
                return true;
              })
          .onErrorComplete()
          .subscribe();
    }
  }

  @Override
  public Mono<Void> leave() {
    return onWorker(
            () -> {
              if (joined) {
                publish(subjects.members(), sign(LEFT));
                flush();
              }
              return true;
            })
        .onErrorComplete()
        .then(Mono.fromRunnable(() -> end(EngineFailures.left())))
        // After the closing that has just been ordered.
        .then(onWorker(() -> true))
        .onErrorComplete()
        .then();
  }

  private void close() throws InterruptedException {
    Connection last = connection;
    if (last != null) {
      last.close();
    }
  }
}
