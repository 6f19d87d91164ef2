package io.fluxwire.netty;

import io.fluxwire.HandshakeException;
import io.fluxwire.Reason;
import io.fluxwire.internal.Callbacks;
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
 * A server's slots, as {@link InboundLimits} say. Thread-safe.
 *
 * <p>Where there is none left, the handshake that has taken the longest is evicted, once it has
 * taken {@link #GRACE}: an honest one takes milliseconds. Friends' never are.
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

  Admission(InboundLimits limits, LongSupplier nanoClock) {
    this.limits = limits;
    this.nanoClock = nanoClock;
  }

  /**
   * A slot for a connection.
   *
   * @param address where it comes from; null is one of a Unix socket
   * @param onEviction closes the connection whose handshake is evicted for another one; its slot is
   *     released then. Called once at most, on the thread that admits the other one
   * @return the slot, to be released
   * @throws HandshakeException when there is none, with the limit that is reached
   */
  Slot admit(@Nullable InetAddress address, Runnable onEviction) {
    Slot slot;
    Slot oldest = null;
    Runnable evict = null;
    synchronized (this) {
      List<Source> sources =
          address == null || limits.isShared(address) ? List.of() : sources(address);
      boolean friend = address != null && limits.reserved() > 0 && limits.isFriend(address);
      HandshakeException refusal = ofSources(sources);
      if (refusal == null) {
        refusal = inAll();
        if (refusal != null && !(friend && reserved < limits.reserved())) {
          oldest = oldestStranger();
        }
      }
      if (oldest != null) {
        evict = oldest.onEviction;
        oldest.evict();
        refusal = null;
      }
      if (refusal == null) {
        slot = new Slot(sources, false, onEviction);
        slot.take(friend);
      } else if (friend && reserved < limits.reserved()) {
        reserved++;
        slot = new Slot(List.of(), true, onEviction);
      } else {
        throw refusal;
      }
    }
    if (evict != null) {
      // Its event loop may be gone; this one has its place all the same.
      Callbacks.run("evicting a handshake", evict);
    }
    return slot;
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
          Reason.TOO_MANY_CONNECTIONS, "there are %d connections".formatted(connections));
    }
    if (handshakes >= limits.handshakes()) {
      return new HandshakeException(
          Reason.TOO_MANY_HANDSHAKES, "there are %d handshakes under way".formatted(handshakes));
    }
    return null;
  }

  private @Nullable HandshakeException ofSources(List<Source> sources) {
    for (Source source : sources) {
      int there = connectionsFrom.getOrDefault(source, 0);
      if (there >= max(source)) {
        return new HandshakeException(
            Reason.TOO_MANY_FROM_ADDRESS,
            "there are %d connections of %s".formatted(there, source));
      }
    }
    for (Source source : sources.subList(0, Math.min(1, sources.size()))) {
      int there = handshakesFrom.getOrDefault(source, 0);
      if (there >= limits.handshakesPerAddress()) {
        return new HandshakeException(
            Reason.TOO_MANY_HANDSHAKES_FROM_ADDRESS,
            "there are %d handshakes of %s under way".formatted(there, source));
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

  /** How many sources are remembered, for tests: those that have a connection. */
  synchronized int remembered() {
    return connectionsFrom.size() + handshakesFrom.size();
  }

  /** One connection's place. */
  final class Slot {

    private final List<Source> sources;
    private final boolean ofReserve;

    /** Null once the handshake has ended, since the slot lives as long as the connection. */
    private @Nullable Runnable onEviction;

    private final long since = nanoClock.getAsLong();
    private boolean handshaking = true;
    private boolean released;

    private Slot(List<Source> sources, boolean ofReserve, Runnable onEviction) {
      this.sources = sources;
      this.ofReserve = ofReserve;
      this.onEviction = onEviction;
    }

    private void take(boolean friend) {
      connections++;
      handshakes++;
      sources.forEach(source -> connectionsFrom.merge(source, 1, Integer::sum));
      sources.stream().limit(1).forEach(source -> handshakesFrom.merge(source, 1, Integer::sum));
      if (!friend) {
        strangers.add(this);
      }
    }

    /** The handshake has ended, one way or the other. */
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

    /** Another one takes its place, whatever is still to be done for it. */
    private void evict() {
      handshakeDone();
      release();
    }

    /**
     * The connection is closed. A handshake that is still computed keeps its place until it is
     * done, or those who come and go would pile up work.
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
