package io.fluxwire.fleet.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.EngineListener;
import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;

/** An instance of a test: keeps its rows, and writes down what it is told. */
final class Member implements EngineListener {

  static final Duration LIMIT = Duration.ofSeconds(30);

  private static final long PAUSE_NANOS = 5_000_000;

  final InstanceId id;
  final Map<NodeId, Holding> own = new ConcurrentHashMap<>();
  final List<Holding> held = new CopyOnWriteArrayList<>();
  final List<Holding> released = new CopyOnWriteArrayList<>();
  final List<String> messages = new CopyOnWriteArrayList<>();
  final AtomicInteger lost = new AtomicInteger();
  final AtomicInteger missed = new AtomicInteger();

  /** Runs after the rows were written down that are to be announced, and before they are. */
  volatile Runnable whileAnnouncing = () -> {};

  /** The members, each time that they were told. */
  final List<Set<InstanceId>> told = new CopyOnWriteArrayList<>();

  private volatile Set<InstanceId> members = Set.of();
  private @Nullable EngineLink link;

  Member(InstanceId id) {
    this.id = id;
  }

  static Member join(String name, FleetEngine engine) {
    Member member = new Member(InstanceId.random(name));
    member.join(engine);
    return member;
  }

  void join(FleetEngine engine) {
    link = engine.join(id, this).block(LIMIT);
  }

  EngineLink link() {
    return Objects.requireNonNull(link);
  }

  void leave() {
    if (link != null) {
      link.leave().block(LIMIT);
    }
  }

  Holding hold(NodeId peer, long epoch) {
    Holding row = owns(peer, epoch);
    link().hold(peer, epoch).block(LIMIT);
    return row;
  }

  /** As an application says it before it calls the engine. */
  Holding owns(NodeId peer, long epoch) {
    Holding row = new Holding(peer, id, epoch);
    own.put(peer, row);
    return row;
  }

  Set<InstanceId> members() {
    return members;
  }

  /** What is found; nobody while the engine cannot be reached. */
  @Nullable Holding find(NodeId peer) {
    return link()
        .find(peer)
        .onErrorResume(FleetEngineException.class, away -> Mono.empty())
        .block(LIMIT);
  }

  static FleetEngineException failure(Mono<?> work) {
    Throwable error = Exceptions.unwrap(catchThrowable(() -> work.block(LIMIT)));
    assertThat(error).isInstanceOf(FleetEngineException.class);
    return (FleetEngineException) error;
  }

  /** Waits for a condition that another process or thread brings about. */
  static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("timed out: " + what).isNegative();
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  static void awaitMembers(Member... all) {
    Set<InstanceId> ids = Set.copyOf(List.of(all).stream().map(member -> member.id).toList());
    for (Member member : all) {
      await("the members of " + member.id, () -> member.members().equals(ids));
    }
  }

  @Override
  public void members(Set<InstanceId> now) {
    members = now;
    told.add(now);
  }

  @Override
  public void held(Holding holding) {
    held.add(holding);
  }

  @Override
  public void released(Holding holding) {
    released.add(holding);
  }

  @Override
  public void rule(AccessRule rule) {
    // The contract's tests look at rules.
  }

  @Override
  public void message(InstanceId from, byte[] message) {
    messages.add(new String(message, UTF_8));
    if (messages.size() == 1) {
      throw new StackOverflowError("a listener that does not keep to its contract");
    }
  }

  @Override
  public void lost() {
    lost.incrementAndGet();
  }

  @Override
  public void missed() {
    missed.incrementAndGet();
  }

  @Override
  public Collection<Holding> own() {
    List<Holding> now = List.copyOf(own.values());
    whileAnnouncing.run();
    return now;
  }

  @Override
  public Collection<AccessRule> ownRules() {
    return List.of();
  }
}
