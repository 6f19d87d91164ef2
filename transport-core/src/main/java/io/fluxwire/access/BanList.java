package io.fluxwire.access;

import io.fluxwire.NodeId;
import io.fluxwire.internal.Arguments;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Who is kept out for a while: node ids and networks, each until an instant. A ban counts from the
 * next handshake, or the next connection, on; connections that are there stay, until {@code
 * DisposablePeerServer.disconnect} ends them. At most so many bans are held, 10,000 by default:
 * when the list is full, the ban that ends soonest makes way. Thread-safe; no method blocks but
 * those that say so.
 *
 * <p>The instant is of the time of day, since a ban outlives the process that made it, and what a
 * monotonic clock says means nothing to the next one. A clock that is set on or back changes how
 * long bans last by as much.
 */
public final class BanList {

  /** How many bans a list holds by default: 10,000. */
  public static final int DEFAULT_CAPACITY = 10_000;

  private static final Comparator<Ban> SOONEST_FIRST =
      Comparator.comparing(Ban::until).thenComparing(Ban::target);
  private static final int IPV4_BITS = 32;
  private static final int IPV6_BITS = 128;

  private final int capacity;
  private final Clock clock;
  private final Map<String, Ban> bans = new ConcurrentHashMap<>();

  /** The same bans. Guarded by this, as is every change. */
  private final NavigableSet<Ban> byEnd = new TreeSet<>(SOONEST_FIRST);

  /** How many networks there are of each length, IPv4 first: an address is looked up by those. */
  private final AtomicIntegerArray lengths = new AtomicIntegerArray(IPV4_BITS + IPV6_BITS + 2);

  private final @Nullable BanSaver saver;

  /**
   * One ban.
   *
   * @param target a node id, as hex, or a network, as {@code ADDRESS/LENGTH}
   * @param until the instant from which on it does not count any more
   */
  public record Ban(String target, Instant until) {}

  BanList(int capacity, Clock clock, @Nullable Path file) {
    if (capacity < 1) {
      throw new IllegalArgumentException("a ban list holds 1 ban or more, not " + capacity);
    }
    this.capacity = capacity;
    this.clock = clock;
    this.saver = file == null ? null : new BanSaver(file, () -> save(file));
  }

  /**
   * An empty list of at most {@link #DEFAULT_CAPACITY} bans.
   *
   * @return the list
   */
  public static BanList create() {
    return create(DEFAULT_CAPACITY, Clock.systemUTC());
  }

  /**
   * An empty list.
   *
   * @param capacity how many bans it holds; 1 or more
   * @param clock what tells the time; a test may bring its own
   * @return the list
   */
  public static BanList create(int capacity, Clock clock) {
    return new BanList(capacity, clock, null);
  }

  /**
   * Reads the bans of a file; those that are over are left out. Later changes do not reach the file
   * by themselves. Blocks.
   *
   * @param file as {@link #save} writes it; lines that are empty or start with # are passed over
   * @return the list
   * @throws NoSuchFileException when there is none
   * @throws IOException when it cannot be read, or a line of it is no ban; the message names the
   *     line and says what to do
   */
  public static BanList load(Path file) throws IOException {
    BanList list = create();
    list.read(file);
    return list;
  }

  /**
   * Reads the bans of a file, if there is one, and keeps it current: after a change it is written
   * on {@code Schedulers.boundedElastic()}, once for all changes that came meanwhile. Wait for
   * {@link #flush()} before the process ends. A file belongs to one list at a time. Blocks while it
   * reads.
   *
   * @param file need not be there; its folder has to
   * @return the list
   * @throws IOException as {@link #load}
   */
  public static BanList open(Path file) throws IOException {
    BanList list = new BanList(DEFAULT_CAPACITY, Clock.systemUTC(), file);
    try {
      list.read(file);
    } catch (NoSuchFileException e) {
      // Nobody has been banned yet.
    }
    return list;
  }

  void read(Path file) throws IOException {
    for (Ban ban : BanFile.read(file)) {
      put(ban);
    }
  }

  /**
   * Writes the bans to a file, a line for each: a node id or a network, a space, and the instant at
   * which it ends. The file is replaced in one step, and forced to the disk before this returns. It
   * keeps its permissions, and its owner and group where this process may give files away. Blocks.
   *
   * @param file need not be there; its folder has to, and files can be made in it; of a symbolic
   *     link the target is replaced
   * @throws IOException when it cannot be written; what was there stays
   */
  public void save(Path file) throws IOException {
    BanFile.write(file, entries());
  }

  /**
   * Waits until the file of {@link #open} has all changes up to now. After a failed save it tries
   * again.
   *
   * @return completes when they are on the disk, at once for a list without a file; errors with the
   *     {@link IOException} of a save that failed, which is logged as well
   */
  public Mono<Void> flush() {
    BanSaver file = saver;
    return file == null ? Mono.empty() : file.flush();
  }

  /**
   * Bans a node. Takes the place of an earlier ban of it, be that longer or shorter.
   *
   * @param peer its node id
   * @param time from now on; above zero
   */
  public void ban(NodeId peer, Duration time) {
    add(peer.toString(), time);
  }

  /**
   * Bans a network. Takes the place of an earlier ban of the same network; one of a part of it, or
   * of a larger one, stays beside it.
   *
   * @param network as of {@link CidrList#of(String...)}
   * @param time from now on; above zero
   * @throws IllegalArgumentException when it is no network
   */
  public void ban(String network, Duration time) {
    add(CidrList.parse(network).canonical(), time);
  }

  /**
   * Bans an address alone.
   *
   * @param address the address
   * @param time from now on; above zero
   */
  public void ban(InetAddress address, Duration time) {
    add(target(address), time);
  }

  private void add(String target, Duration time) {
    put(new Ban(target, clock.instant().plus(Arguments.positive("the time of a ban", time))));
    changed();
  }

  private synchronized void put(Ban ban) {
    dropEnded();
    if (!isActive(ban)) {
      return;
    }
    Ban earlier = bans.get(ban.target);
    if (earlier != null) {
      byEnd.remove(earlier);
    } else {
      if (bans.size() == capacity) {
        remove(byEnd.first());
      }
      count(ban, 1);
    }
    byEnd.add(ban);
    bans.put(ban.target, ban);
  }

  private void dropEnded() {
    while (!byEnd.isEmpty() && !isActive(byEnd.first())) {
      remove(byEnd.first());
    }
  }

  private void remove(Ban ban) {
    bans.remove(ban.target);
    byEnd.remove(ban);
    count(ban, -1);
  }

  private void count(Ban ban, int change) {
    int slash = ban.target.indexOf('/');
    if (slash >= 0) {
      boolean ipv6 = ban.target.indexOf(':') >= 0;
      int length = Integer.parseInt(ban.target.substring(slash + 1));
      lengths.addAndGet(index(ipv6, length), change);
    }
  }

  private static int index(boolean ipv6, int length) {
    return ipv6 ? IPV4_BITS + 1 + length : length;
  }

  /**
   * Ends the ban of a node.
   *
   * @param peer its node id
   * @return whether there was one
   */
  public boolean unban(NodeId peer) {
    return take(peer.toString());
  }

  /**
   * Ends the ban of a network; those of its parts, or of a larger one, stay.
   *
   * @param network as of {@link CidrList#of(String...)}
   * @return whether there was one
   * @throws IllegalArgumentException when it is no network
   */
  public boolean unban(String network) {
    return take(CidrList.parse(network).canonical());
  }

  /**
   * Ends the ban of an address alone; those of networks that it is in stay.
   *
   * @param address the address
   * @return whether there was one
   */
  public boolean unban(InetAddress address) {
    return take(target(address));
  }

  private boolean take(String target) {
    synchronized (this) {
      dropEnded();
      Ban ban = bans.get(target);
      if (ban == null) {
        return false;
      }
      remove(ban);
    }
    changed();
    return true;
  }

  private void changed() {
    BanSaver file = saver;
    if (file != null) {
      file.changed();
    }
  }

  /**
   * What is banned now.
   *
   * @return the bans, the one that ends soonest first; a copy
   */
  public synchronized List<Ban> entries() {
    dropEnded();
    return List.copyOf(byEnd);
  }

  /**
   * Whether a node is banned now.
   *
   * @param peer a node id
   * @return false from the instant on at which its ban ends
   */
  public boolean isBanned(NodeId peer) {
    return isBanned(peer.toString());
  }

  /**
   * Whether an address is in a network that is banned now, in one of the forms that {@link
   * CidrList#negate()} looks at.
   *
   * @param address an address
   * @return false from the instant on at which the last such ban ends
   */
  public boolean isBanned(InetAddress address) {
    return IpForms.all(address.getAddress()).stream().anyMatch(this::isBanned);
  }

  private boolean isBanned(byte[] bytes) {
    boolean ipv6 = bytes.length * Byte.SIZE == IPV6_BITS;
    for (int length = bytes.length * Byte.SIZE; length >= 0; length--) {
      if (lengths.get(index(ipv6, length)) > 0 && isBanned(Network.canonical(bytes, length))) {
        return true;
      }
    }
    return false;
  }

  private boolean isBanned(String target) {
    Ban ban = bans.get(target);
    return ban != null && isActive(ban);
  }

  private boolean isActive(Ban ban) {
    return ban.until.isAfter(clock.instant());
  }

  private static String target(InetAddress address) {
    byte[] bytes = IpForms.canonical(address.getAddress());
    return Network.canonical(bytes, bytes.length * Byte.SIZE);
  }

  /**
   * Refuses banned nodes and leaves all others to another authorizer. A ban that comes while that
   * one decides counts.
   *
   * @param next decides on those that are not banned
   * @return the authorizer
   */
  public Authorizer authorizer(Authorizer next) {
    return peer ->
        Mono.defer(
            () ->
                isBanned(peer.id())
                    ? Mono.just(false)
                    : next.authorize(peer).map(allowed -> allowed && !isBanned(peer.id())));
  }

  /**
   * A test for addresses, as {@code PeerServer.admit} and {@code PeerClient.dialOnly} take it.
   *
   * @return passes the addresses that are not in a banned network when it is asked
   */
  public Predicate<InetAddress> addresses() {
    return address -> !isBanned(address);
  }

  /** Says how many bans it holds. */
  @Override
  public String toString() {
    return "BanList[" + bans.size() + " of at most " + capacity + "]";
  }
}
