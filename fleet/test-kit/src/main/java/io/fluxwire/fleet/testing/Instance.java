package io.fluxwire.fleet.testing;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.EngineListener;
import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/** An instance as the contract's tests play it: keeps its rows, and writes down what it is told. */
final class Instance implements EngineListener {

  /** How long a step may take on a busy machine. */
  static final Duration LIMIT = Duration.ofSeconds(30);

  final InstanceId id;
  final Map<NodeId, Holding> held = new ConcurrentHashMap<>();
  final List<Holding> released = new CopyOnWriteArrayList<>();
  final Map<String, AccessRule> rules = new ConcurrentHashMap<>();
  final Map<InstanceId, List<String>> messages = new ConcurrentHashMap<>();
  final AtomicInteger missed = new AtomicInteger();

  /** What the engine did wrong. */
  final List<String> faults = new CopyOnWriteArrayList<>();

  private final Map<NodeId, Holding> own = new ConcurrentHashMap<>();
  private final Map<String, AccessRule> ownRules = new ConcurrentHashMap<>();
  private final AtomicInteger calls = new AtomicInteger();
  private volatile Set<InstanceId> members = Set.of();
  private @Nullable EngineLink link;

  Instance(InstanceId id) {
    this.id = id;
  }

  void join(FleetEngine engine) {
    link = engine.join(id, this).block(LIMIT);
    if (!members.contains(id)) {
      faults.add("joined before it was told that it is a member: " + members);
    }
  }

  EngineLink link() {
    if (link == null) {
      throw new IllegalStateException(id + " has not joined");
    }
    return link;
  }

  boolean hasJoined() {
    return link != null;
  }

  Set<InstanceId> members() {
    return members;
  }

  void hold(NodeId peer, long epoch) {
    own.put(peer, new Holding(peer, id, epoch));
    link().hold(peer, epoch).block(LIMIT);
  }

  void holdAll(Collection<NodeId> peers) {
    peers.forEach(peer -> own.put(peer, new Holding(peer, id, 1)));
    Flux.fromIterable(peers).flatMap(peer -> link().hold(peer, 1), 64).blockLast(LIMIT);
  }

  void release(NodeId peer, long epoch) {
    own.remove(peer, new Holding(peer, id, epoch));
    link().release(peer, epoch).block(LIMIT);
  }

  void set(AccessRule rule) {
    ownRules.merge(
        rule.target(), rule, (one, two) -> AccessRule.BY_TIME.compare(one, two) > 0 ? one : two);
    link().set(rule).block(LIMIT);
  }

  void send(InstanceId to, String text) {
    link().send(to, text.getBytes(StandardCharsets.UTF_8)).block(LIMIT);
  }

  List<String> from(Instance sender) {
    return messages.getOrDefault(sender.id, List.of());
  }

  @Nullable Holding find(NodeId peer) {
    return link().find(peer).block(LIMIT);
  }

  List<Holding> holdings() {
    return link().holdings().collectList().blockOptional(LIMIT).orElseThrow();
  }

  List<AccessRule> rulesNow() {
    return link().rules().collectList().blockOptional(LIMIT).orElseThrow();
  }

  void leave() {
    link().leave().block(LIMIT);
  }

  private void told(Runnable what) {
    if (calls.incrementAndGet() != 1) {
      faults.add("two calls of one listener at the same time");
    }
    what.run();
    calls.decrementAndGet();
  }

  @Override
  public void members(Set<InstanceId> now) {
    told(() -> members = now);
  }

  @Override
  public void held(Holding holding) {
    told(
        () ->
            held.merge(
                holding.peer(),
                holding,
                (one, two) -> Holding.BY_EPOCH.compare(one, two) > 0 ? one : two));
  }

  @Override
  public void released(Holding holding) {
    told(() -> released.add(holding));
  }

  @Override
  public void rule(AccessRule rule) {
    told(
        () ->
            rules.merge(
                rule.target(),
                rule,
                (one, two) -> AccessRule.BY_TIME.compare(one, two) > 0 ? one : two));
  }

  @Override
  public void message(InstanceId from, byte[] message) {
    told(
        () ->
            messages
                .computeIfAbsent(from, sender -> new CopyOnWriteArrayList<>())
                .add(new String(message, StandardCharsets.UTF_8)));
  }

  @Override
  public void missed() {
    told(missed::incrementAndGet);
  }

  @Override
  public Collection<Holding> own() {
    return List.copyOf(own.values());
  }

  @Override
  public Collection<AccessRule> ownRules() {
    return List.copyOf(ownRules.values());
  }
}
