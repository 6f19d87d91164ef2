package io.fluxwire.fleet.engine;

import io.fluxwire.NodeId;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * An engine for instances within one process, in memory: for tests, and as the example of an
 * engine. It can lose an instance without a word, and cut the fleet in two. Thread-safe.
 */
public final class MemoryEngine implements FleetEngine {

  /** How large a message may be: 1 MiB. */
  public static final int MAX_MESSAGE = 1 << 20;

  private final Clock clock;
  private final Scheduler scheduler;

  /** Guarded by this, as is all that the members hold. */
  private final Map<InstanceId, Member> members = new TreeMap<>();

  private MemoryEngine(Clock clock, Scheduler scheduler) {
    this.clock = clock;
    this.scheduler = scheduler;
  }

  /**
   * An engine without members.
   *
   * @return the engine
   */
  public static MemoryEngine create() {
    return create(Clock.systemUTC(), Schedulers.parallel());
  }

  /**
   * An engine without members.
   *
   * @param clock tells when a rule has ended
   * @param scheduler runs the calls of the listeners; each listener has a worker of its own
   * @return the engine
   */
  public static MemoryEngine create(Clock clock, Scheduler scheduler) {
    return new MemoryEngine(clock, scheduler);
  }

  @Override
  public Mono<EngineLink> join(InstanceId self, EngineListener listener) {
    return Mono.create(
        sink -> {
          Member member = new Member(self, listener, scheduler.createWorker());
          add(member);
          sink.onCancel(() -> remove(member));
          member.tell(ignored -> sink.success(member));
        });
  }

  private synchronized void add(Member member) {
    if (members.putIfAbsent(member.self, member) != null) {
      throw new FleetEngineException(
          FleetEngineException.Kind.REFUSED,
          "the instance %s has joined already; join under another id".formatted(member.self),
          null);
    }
    for (Member other : members.values()) {
      if (other != member && other.side == member.side) {
        member.rules.putAll(other.rules);
      }
    }
    tellMembers();
  }

  private synchronized boolean remove(Member member) {
    if (!members.remove(member.self, member)) {
      return false;
    }
    member.worker.dispose();
    tellMembers();
    return true;
  }

  /**
   * An instance is gone, as if its process had been killed: the others learn that it is no member,
   * and it learns nothing any more.
   *
   * @param instance the instance
   */
  public void kill(InstanceId instance) {
    Member member = member(instance);
    if (member != null) {
      remove(member);
    }
  }

  /**
   * Cuts the fleet in two: from now on these instances and the others are no members for each
   * other.
   *
   * @param instances those on the other side; none to join the two again
   */
  public synchronized void partition(Collection<InstanceId> instances) {
    Set<InstanceId> away = new HashSet<>(instances);
    boolean joined = false;
    for (Member member : members.values()) {
      int side = away.contains(member.self) ? 1 : 0;
      joined |= side < member.side;
      member.side = side;
    }
    tellMembers();
    if (joined) {
      announceAgain();
    }
  }

  /**
   * Loses all rows and rules, as an engine does that starts again, and has them announced again.
   */
  public synchronized void restart() {
    for (Member member : members.values()) {
      member.rows.clear();
      member.rules.clear();
    }
    announceAgain();
  }

  private void announceAgain() {
    for (Member member : members.values()) {
      for (Holding own : member.listener.own()) {
        member.rows.put(own.peer(), own);
      }
      for (AccessRule rule : member.listener.ownRules()) {
        sameSide(member).forEach(other -> other.rules.merge(rule.target(), rule, Member::later));
      }
    }
    for (Member member : members.values()) {
      member.tell(EngineListener::missed);
    }
  }

  private void tellMembers() {
    for (Member member : members.values()) {
      Set<InstanceId> reachable = Set.copyOf(sameSide(member).map(other -> other.self).toList());
      member.tell(listener -> listener.members(reachable));
    }
  }

  private Stream<Member> sameSide(Member member) {
    return members.values().stream().filter(other -> other.side == member.side);
  }

  private synchronized @Nullable Member member(InstanceId instance) {
    return members.get(instance);
  }

  /** One instance: the link that it was given, and what the engine knows of it. */
  private final class Member implements EngineLink {

    private final InstanceId self;
    private final EngineListener listener;
    private final Scheduler.Worker worker;
    private final Map<NodeId, Holding> rows = new HashMap<>();
    private final Map<String, AccessRule> rules = new HashMap<>();

    /** Which side of a cut it is on. */
    private int side;

    Member(InstanceId self, EngineListener listener, Scheduler.Worker worker) {
      this.self = self;
      this.listener = listener;
      this.worker = worker;
    }

    void tell(Consumer<EngineListener> call) {
      worker.schedule(() -> call.accept(listener));
    }

    static AccessRule later(AccessRule one, AccessRule other) {
      return AccessRule.BY_TIME.compare(one, other) >= 0 ? one : other;
    }

    private void tellAll(Consumer<EngineListener> call) {
      sameSide(this).forEach(member -> member.tell(call));
    }

    /** Runs a step under the engine's lock. */
    private Mono<Void> step(Runnable step) {
      return Mono.fromRunnable(
          () -> {
            synchronized (MemoryEngine.this) {
              checkMember();
              step.run();
            }
          });
    }

    private void checkMember() {
      if (members.get(self) != this) {
        throw new FleetEngineException(
            FleetEngineException.Kind.LEFT, self + " has left; join again", null);
      }
    }

    @Override
    public InstanceId self() {
      return self;
    }

    @Override
    public Mono<Void> hold(NodeId peer, long epoch) {
      return step(
          () -> {
            Holding row = new Holding(peer, self, epoch);
            rows.put(peer, row);
            tellAll(listener -> listener.held(row));
          });
    }

    @Override
    public Mono<Void> release(NodeId peer, long epoch) {
      return step(
          () -> {
            Holding row = new Holding(peer, self, epoch);
            if (rows.remove(peer, row)) {
              tellAll(listener -> listener.released(row));
            }
          });
    }

    @Override
    public Mono<Holding> find(NodeId peer) {
      return snapshot(member -> Stream.ofNullable(member.rows.get(peer)))
          .collectList()
          .flatMap(rows -> Mono.justOrEmpty(rows.stream().max(Holding.BY_EPOCH)));
    }

    @Override
    public Flux<Holding> holdings() {
      return snapshot(member -> member.rows.values().stream());
    }

    private <T> Flux<T> snapshot(Function<Member, Stream<T>> of) {
      return Flux.defer(
          () -> {
            List<T> all = new ArrayList<>();
            synchronized (MemoryEngine.this) {
              checkMember();
              sameSide(this).flatMap(of).forEach(all::add);
            }
            return Flux.fromIterable(all);
          });
    }

    @Override
    public Mono<Void> send(InstanceId to, byte[] message) {
      return step(
          () -> {
            Member receiver = members.get(to);
            if (message.length > MAX_MESSAGE) {
              throw new FleetEngineException(
                  FleetEngineException.Kind.TOO_LARGE,
                  "a message of %,d bytes; up to %,d are possible"
                      .formatted(message.length, MAX_MESSAGE),
                  null);
            }
            if (receiver == null || receiver.side != side) {
              throw new FleetEngineException(
                  FleetEngineException.Kind.NO_MEMBER,
                  to + " is no member; look the peer up again",
                  null);
            }
            receiver.tell(listener -> listener.message(self, message));
          });
    }

    @Override
    public int maxMessage() {
      return MAX_MESSAGE;
    }

    @Override
    public Mono<Void> set(AccessRule rule) {
      return step(
          () -> {
            sameSide(this)
                .forEach(member -> member.rules.merge(rule.target(), rule, Member::later));
            tellAll(listener -> listener.rule(rule));
          });
    }

    @Override
    public Flux<AccessRule> rules() {
      return snapshot(member -> member == this ? member.rules.values().stream() : Stream.of())
          .filter(rule -> rule.until().isAfter(clock.instant()));
    }

    @Override
    public Mono<Void> leave() {
      return Mono.fromRunnable(() -> remove(this));
    }
  }
}
