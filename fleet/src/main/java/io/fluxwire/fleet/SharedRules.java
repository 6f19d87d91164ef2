package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.access.Authorizer;
import io.fluxwire.access.BanList;
import io.fluxwire.access.Candidate;
import io.fluxwire.access.CidrList;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.AccessRule.Action;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The rules of the fleet that have not ended. Their number is limited: a further one replaces the
 * rule that ends soonest. Thread-safe.
 */
final class SharedRules {

  private static final Comparator<AccessRule> SOONEST_FIRST =
      Comparator.comparing(AccessRule::until).thenComparing(AccessRule::target);

  private final int capacity;
  private final Clock clock;

  /** The networks that are banned. */
  private final BanList networks;

  private final Map<String, AccessRule> rules = new ConcurrentHashMap<>();

  /** The same rules, by their end. Guarded by this, as is every change. */
  private final NavigableSet<AccessRule> byEnd = new TreeSet<>(SOONEST_FIRST);

  SharedRules(int capacity, Clock clock) {
    this.capacity = capacity;
    this.clock = clock;
    this.networks = BanList.create(capacity, clock);
  }

  /**
   * Makes a rule that is valid from now on. It is later than the target's rule before, even if that
   * was made by an instance whose clock is ahead.
   */
  synchronized AccessRule make(String target, Action action, Duration time) {
    Instant now = clock.instant();
    AccessRule before = rules.get(target);
    Instant setAt =
        before == null || before.setAt().isBefore(now) ? now : before.setAt().plusMillis(1);
    return new AccessRule(target, action, setAt, now.plus(time));
  }

  /** Makes the rule that lifts a target's rule; null when there is none to lift. */
  synchronized @Nullable AccessRule lifting(String target) {
    AccessRule before = rules.get(target);
    if (before == null || before.action() == Action.NONE || hasEnded(before)) {
      return null;
    }
    return make(target, Action.NONE, Duration.between(clock.instant(), before.until()));
  }

  /**
   * Takes a rule.
   *
   * @return whether it is new, and later than the target's rule before
   * @throws IllegalArgumentException when its target is neither a node nor a network
   */
  boolean put(AccessRule rule) {
    String target = rule.target();
    boolean network = isNetwork(target);
    String canonical = network ? CidrList.canonicalText(target) : NodeId.parse(target).toString();
    if (!canonical.equals(target)) {
      throw new IllegalArgumentException("not the usual form of a target: " + target);
    }
    synchronized (this) {
      dropEnded();
      AccessRule before = rules.get(target);
      if (hasEnded(rule) || (before != null && AccessRule.BY_TIME.compare(rule, before) <= 0)) {
        return false;
      }
      if (before != null) {
        remove(before);
      } else if (rules.size() == capacity) {
        remove(byEnd.first());
      }
      rules.put(target, rule);
      byEnd.add(rule);
      if (network && rule.action() == Action.DENY) {
        networks.ban(target, Duration.between(clock.instant(), rule.until()));
      }
    }
    return true;
  }

  static boolean isNetwork(String target) {
    return target.indexOf('/') >= 0;
  }

  private void dropEnded() {
    while (!byEnd.isEmpty() && hasEnded(byEnd.first())) {
      remove(byEnd.first());
    }
  }

  private void remove(AccessRule rule) {
    rules.remove(rule.target());
    byEnd.remove(rule);
    if (isNetwork(rule.target())) {
      networks.unban(rule.target());
    }
  }

  private boolean hasEnded(AccessRule rule) {
    return !rule.until().isAfter(clock.instant());
  }

  /** The rules that have not ended. */
  synchronized Collection<AccessRule> all() {
    dropEnded();
    return List.copyOf(byEnd);
  }

  synchronized int size() {
    dropEnded();
    return byEnd.size();
  }

  /** What the rules say about a node; {@link Action#NONE} if there is no rule for it. */
  Action of(NodeId peer) {
    AccessRule rule = rules.isEmpty() ? null : rules.get(peer.toString());
    return rule == null || hasEnded(rule) ? Action.NONE : rule.action();
  }

  boolean isDenied(InetAddress address) {
    return networks.isBanned(address);
  }

  Predicate<InetAddress> addresses() {
    return networks.addresses();
  }

  /** An authorizer that asks another one only about nodes for which there is no rule. */
  Authorizer authorizer(Authorizer next) {
    return new Authorizer() {
      @Override
      public Mono<Boolean> authorize(Candidate peer) {
        return Mono.defer(
            () ->
                switch (of(peer.id())) {
                  case ALLOW -> Mono.just(true);
                  case DENY -> Mono.just(false);
                  case NONE ->
                      next.authorize(peer).map(allowed -> allowed && of(peer.id()) != Action.DENY);
                });
      }

      @Override
      public boolean mayStay(NodeId peer) {
        return switch (of(peer)) {
          case ALLOW -> true;
          case DENY -> false;
          case NONE -> next.mayStay(peer);
        };
      }
    };
  }
}
