package io.fluxwire.fleet.jgroups;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.EngineListener;
import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** An instance that writes down what it is told. */
final class Member implements EngineListener {

  /** How long a step may take on a busy machine. */
  static final Duration LIMIT = Duration.ofSeconds(60);

  final InstanceId id;
  final List<String> messages = new CopyOnWriteArrayList<>();
  final AtomicInteger missed = new AtomicInteger();

  private final Map<NodeId, Holding> own = new ConcurrentHashMap<>();
  private volatile Set<InstanceId> members = Set.of();
  private volatile @Nullable EngineLink link;
  private volatile Runnable beforeMessage = () -> {};

  Member(String name) {
    this.id = InstanceId.random(name);
  }

  static Member join(String name, FleetEngine engine) {
    Member member = new Member(name);
    member.link = engine.join(member.id, member).block(LIMIT);
    return member;
  }

  EngineLink link() {
    EngineLink joined = link;
    assertThat(joined).isNotNull();
    return joined;
  }

  Set<InstanceId> members() {
    return members;
  }

  void hold(NodeId peer, long epoch) {
    own.put(peer, new Holding(peer, id, epoch));
    link().hold(peer, epoch).block(LIMIT);
  }

  void send(Member to, String message) {
    link().send(to.id, message.getBytes(UTF_8)).block(LIMIT);
  }

  void leave() {
    EngineLink joined = link;
    if (joined != null) {
      joined.leave().block(LIMIT);
    }
  }

  /** As a listener that does not keep its promise. */
  void beforeEachMessage(Runnable step) {
    beforeMessage = step;
  }

  void awaitMembers(int count) {
    await(count + " members of " + id, () -> members.size() == count);
  }

  /** Waits for what other threads bring about. */
  static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("timed out: " + what).isNegative();
      try {
        Thread.sleep(10);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public void members(Set<InstanceId> now) {
    members = now;
  }

  @Override
  public void held(Holding holding) {}

  @Override
  public void released(Holding holding) {}

  @Override
  public void rule(AccessRule rule) {}

  @Override
  public void message(InstanceId from, byte[] message) {
    beforeMessage.run();
    messages.add(from.name() + ": " + new String(message, UTF_8));
  }

  @Override
  public void missed() {
    missed.incrementAndGet();
  }

  @Override
  public Collection<Holding> own() {
    return own.values();
  }

  @Override
  public Collection<AccessRule> ownRules() {
    return List.of();
  }
}
