package io.fluxwire.fleet.nats;

import io.fluxwire.fleet.engine.InstanceId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who has shown a sign of life of late. The instance itself is always there. Thread-safe. */
final class View {

  private final InstanceId self;
  private final Map<InstanceId, Sign> signs = new HashMap<>();

  View(InstanceId self) {
    this.self = self;
  }

  /**
   * The last sign of an instance.
   *
   * @param token of its session; null if this is not known
   * @param at when it came, by the nanosecond clock
   */
  private record Sign(@Nullable String token, long at) {}

  /**
   * Somebody who is gone.
   *
   * @param instance who
   * @param token of its last session; null if this is not known
   */
  record Gone(InstanceId instance, @Nullable String token) {}

  /** What a sign of life says about an instance. */
  enum Seen {
    /** It was a member already. */
    AGAIN,
    /** It is a new member. */
    NEW,
    /** It was a member, and has begun anew: what it has said before is void. */
    ANEW
  }

  synchronized Seen seen(InstanceId instance, @Nullable String token, long now) {
    if (instance.equals(self)) {
      return Seen.AGAIN;
    }
    Sign before = signs.get(instance);
    if (before == null) {
      signs.put(instance, new Sign(token, now));
      return Seen.NEW;
    }
    String known = token == null ? before.token() : token;
    signs.put(instance, new Sign(known, now));
    return before.token() == null || before.token().equals(known) ? Seen.AGAIN : Seen.ANEW;
  }

  /** Returns whether it was a member. */
  synchronized boolean left(InstanceId instance) {
    return signs.remove(instance) != null;
  }

  /** Removes those who have been silent. */
  synchronized List<Gone> removeSilent(Duration timeout, long now) {
    List<Gone> gone = new ArrayList<>();
    signs
        .entrySet()
        .removeIf(
            entry -> {
              boolean silent = now - entry.getValue().at() > timeout.toNanos();
              if (silent) {
                gone.add(new Gone(entry.getKey(), entry.getValue().token()));
              }
              return silent;
            });
    return gone;
  }

  boolean contains(InstanceId instance) {
    return members().contains(instance);
  }

  synchronized Set<InstanceId> members() {
    Set<InstanceId> all = new HashSet<>(signs.keySet());
    all.add(self);
    return all;
  }
}
