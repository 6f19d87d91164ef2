package io.fluxwire.netty;

import io.fluxwire.HandshakeException;
import io.fluxwire.Reason;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.memory.MemoryBudget;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A server's slots, as limited by {@link InboundLimits}. Thread-safe.
 *
 * <p>When no slot is left, the handshake that has taken the longest is evicted if it has taken at
 * least {@link #GRACE}, since an honest handshake takes milliseconds. Handshakes of friends are
 * never evicted.
 */
final class Admission {

  static final Duration GRACE = Duration.ofSeconds(1);

  private final InboundLimits limits;
  private final LongSupplier nanoClock;

  // What follows is guarded by this.
  private int connections;
  private int handshakes;
  private int reserved;
  private final Map<Source, Integer> connectionsFrom = new HashMap<>();
  private final Map<Source, Integer> handshakesFrom = new HashMap<>();

  /** Handshakes that may be evicted, the oldest first. */
  private final Set<Slot> strangers = new LinkedHashSet<>();

  /** An IPv4 address or an IPv6 network: the first bits of an address, and how many. */
  private record Source(long prefix, int bits) {

    @Override
    public String toString() {
      return bits == Integer.SIZE ? "one address" : "one /" + bits;
    }
  }

  /** Whether a connection may have a reserved slot. */
  private enum Friend {
    YES,
    NO,
    /** It is not known yet. */
    MAYBE
  }

  /**
   * Where a connection comes from.
   *
   * @param sources what the limits per address count it for, the smallest first
   */
  private record Origin(List<Source> sources, Friend friend) {}

  Admission(InboundLimits limits, LongSupplier nanoClock) {
    this.limits = limits;
    this.nanoClock = nanoClock;
  }

  /**
   * A slot for a connection.
   *
   * @param address the address that it comes from; null for a Unix socket
   * @param onEviction closes this connection when its handshake is evicted to make room for another
   *     one; its slot has been released by then. Called at most once, on the thread that admits the
   *     other one
   * @return the slot, to be released
   * @throws HandshakeException when there is no slot; the message has the limit that is reached
   */
  Slot admit(@Nullable InetAddress address, Runnable onEviction) {
    return admit(origin(address), onEviction);
  }

  /**
   * A slot for a connection whose proxy has yet to say whose it is. Only the limits in total hold,
   * until it is {@linkplain #identify identified}. It may be a friend's: so it may take one of
   * their slots until then.
   *
   * @param onEviction as for {@link #admit}
   * @return the slot, to be released
   * @throws HandshakeException when there is no slot
   */
  Slot admitUnidentified(Runnable onEviction) {
    return admit(new Origin(List.of(), Friend.MAYBE), onEviction);
  }

  private Slot admit(Origin origin, Runnable onEviction) {
    Slot slot;
    Slot oldest = null;
    Runnable evict = null;
    synchronized (this) {
      HandshakeException refusal = ofSources(origin.sources);
      if (refusal == null) {
        refusal = inAll();
        if (refusal != null && !(origin.friend == Friend.YES && isReserveLeft())) {
          oldest = oldestStranger();
        }
      }
      if (oldest != null) {
        evict = oldest.onEviction;
        oldest.evict();
        refusal = null;
      }
      slot = new Slot(onEviction);
      if (refusal == null) {
        slot.take(origin);
      } else if (origin.friend != Friend.NO && isReserveLeft()) {
        slot.takeReserved();
      } else {
        throw refusal;
      }
    }
    if (evict != null) {
      // The evicted connection's event loop may be gone; the new connection gets its slot all the
      // same.
      Callbacks.run("evicting a handshake", evict);
    }
    return slot;
  }

  /**
   * Gives the address of a connection that was admitted without one. From now on the limits of its
   * address hold, too.
   *
   * @param slot of {@link #admitUnidentified}, with a handshake that is not done
   * @param address the address; null for what has none
   * @throws HandshakeException when a limit refuses this address; the slot has still to be released
   */
  void identify(Slot slot, @Nullable InetAddress address) {
    Origin origin = origin(address);
    synchronized (this) {
      if (slot.released) {
        // It was evicted, which its connection has yet to learn.
        return;
      }
      HandshakeException refusal = ofSources(origin.sources);
      if (refusal == null && slot.ofReserve && origin.friend == Friend.NO) {
        refusal = inAll();
      }
      if (refusal == null) {
        slot.identified(origin);
      } else if (origin.friend == Friend.YES && (slot.ofReserve || isReserveLeft())) {
        slot.toReserve();
      } else {
        throw refusal;
      }
    }
  }

  private Origin origin(@Nullable InetAddress address) {
    if (address == null) {
      return new Origin(List.of(), Friend.NO);
    }
    return new Origin(
        limits.isShared(address) ? List.of() : sources(address),
        limits.reserved() > 0 && limits.isFriend(address) ? Friend.YES : Friend.NO);
  }

  private boolean isReserveLeft() {
    return reserved < limits.reserved();
  }

  private @Nullable Slot oldestStranger() {
    if (strangers.isEmpty()) {
      return null;
    }
    Slot oldest = strangers.iterator().next();
    return nanoClock.getAsLong() - oldest.since >= GRACE.toNanos() ? oldest : null;
  }

  private static List<Source> sources(InetAddress address) {
    ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
    if (address instanceof Inet4Address) {
      return List.of(new Source(bytes.getInt(), Integer.SIZE));
    }
    long network = bytes.getLong();
    return List.of(new Source(network >>> 8, 56), new Source(network >>> 16, 48));
  }

  private @Nullable HandshakeException inAll() {
    if (connections >= limits.connections()) {
      return new HandshakeException(
          Reason.TOO_MANY_CONNECTIONS,
          "this node has %d connections, as many as it takes".formatted(connections));
    }
    if (handshakes >= limits.handshakes()) {
      return new HandshakeException(
          Reason.TOO_MANY_HANDSHAKES,
          "%d handshakes are under way, as many as this node takes at a time"
              .formatted(handshakes));
    }
    return null;
  }

  private @Nullable HandshakeException ofSources(List<Source> sources) {
    for (Source source : sources) {
      int there = connectionsFrom.getOrDefault(source, 0);
      if (there >= max(source)) {
        return new HandshakeException(
            Reason.TOO_MANY_FROM_ADDRESS,
            "there are %d connections from %s, as many as one source may have"
                .formatted(there, source));
      }
    }
    for (Source source : sources.subList(0, Math.min(1, sources.size()))) {
      int there = handshakesFrom.getOrDefault(source, 0);
      if (there >= limits.handshakesPerAddress()) {
        return new HandshakeException(
            Reason.TOO_MANY_HANDSHAKES_FROM_ADDRESS,
            "%d handshakes from %s are under way, as many as one source may have"
                .formatted(there, source));
      }
    }
    return null;
  }

  private int max(Source source) {
    return switch (source.bits()) {
      case 56 -> limits.perIpv6Of56();
      case 48 -> limits.perIpv6Of48();
      default -> limits.perIpv4();
    };
  }

  private static void subtract(Map<Source, Integer> from, Source source) {
    from.computeIfPresent(source, (key, count) -> count == 1 ? null : count - 1);
  }

  /** How many slots are taken, and what connections hold of a budget; null without one. */
  synchronized InboundUsage usage(@Nullable MemoryBudget budget) {
    return new InboundUsage(
        InboundUsage.of(connections, limits.connections()),
        InboundUsage.of(reserved, limits.reserved()),
        InboundUsage.of(handshakes, limits.handshakes()),
        InboundUsage.of(budget));
  }

  /** How many sources have a connection and are therefore remembered; for tests. */
  synchronized int remembered() {
    return connectionsFrom.size() + handshakesFrom.size();
  }

  /** The slot of one connection. */
  final class Slot {

    private List<Source> sources = List.of();
    private boolean ofReserve;

    /**
     * Null once the handshake has ended, so that the callback does not live as long as the
     * connection.
     */
    private @Nullable Runnable onEviction;

    private final long since = nanoClock.getAsLong();
    private boolean handshaking = true;
    private boolean released;

    private Slot(Runnable onEviction) {
      this.onEviction = onEviction;
    }

    private void take(Origin origin) {
      connections++;
      handshakes++;
      strangers.add(this);
      countFor(origin);
    }

    private void takeReserved() {
      ofReserve = true;
      reserved++;
    }

    private void identified(Origin origin) {
      if (!ofReserve) {
        countFor(origin);
      } else if (origin.friend == Friend.NO) {
        reserved--;
        ofReserve = false;
        take(origin);
      }
    }

    private void countFor(Origin origin) {
      sources = origin.sources;
      sources.forEach(source -> connectionsFrom.merge(source, 1, Integer::sum));
      sources.stream().limit(1).forEach(source -> handshakesFrom.merge(source, 1, Integer::sum));
      if (origin.friend == Friend.YES) {
        strangers.remove(this);
      }
    }

    private void toReserve() {
      if (!ofReserve) {
        connections--;
        handshakes--;
        strangers.remove(this);
        takeReserved();
      }
    }

    /** The handshake has succeeded or failed. */
    void handshakeDone() {
      synchronized (Admission.this) {
        if (handshaking && !ofReserve) {
          handshakes--;
          strangers.remove(this);
          sources.stream().limit(1).forEach(source -> subtract(handshakesFrom, source));
        }
        handshaking = false;
        onEviction = null;
      }
    }

    /** Another connection takes this slot, even if this handshake is still being computed. */
    private void evict() {
      handshakeDone();
      release();
    }

    /**
     * The connection is closed. A handshake that is still being computed keeps its slot until it is
     * done; otherwise peers that connect and leave at once could pile up work.
     */
    void release() {
      synchronized (Admission.this) {
        if (released) {
          return;
        }
        released = true;
        if (ofReserve) {
          reserved--;
        } else {
          connections--;
          sources.forEach(source -> subtract(connectionsFrom, source));
        }
      }
    }
  }
}
