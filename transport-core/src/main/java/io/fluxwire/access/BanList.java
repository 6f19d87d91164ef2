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
 * Node ids and networks that are banned, each until some instant. A ban applies to later handshakes
 * and connections; existing connections stay until {@code DisposablePeerServer.disconnect} ends
 * them. The number of bans is limited, to 10,000 by default: when the list is full, a new ban
 * replaces the one that ends soonest. Thread-safe. Only the methods that say so block.
 *
 * <p>The instant is wall-clock time, since a ban can outlive the process that made it, while a
 * monotonic clock is valid within one process only. Setting the clock forward or back therefore
 * shortens or prolongs bans by the same time.
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

  /** The same bans, by their end. Guarded by this, as is every change. */
  private final NavigableSet<Ban> byEnd = new TreeSet<>(SOONEST_FIRST);

  /**
   * How many networks there are of each prefix length, IPv4 first, so that an address is looked up
   * only by the lengths that occur.
   */
  private final AtomicIntegerArray lengths = new AtomicIntegerArray(IPV4_BITS + IPV6_BITS + 2);

  private final @Nullable BanSaver saver;

  /**
   * One ban.
   *
   * @param target a node id, as hex, or a network, as {@code ADDRESS/LENGTH}
   * @param until the instant at which the ban ends
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
   * @param capacity how many bans the list can hold; 1 or more
   * @param clock tells the time; for tests
   * @return the list
   */
  public static BanList create(int capacity, Clock clock) {
    return new BanList(capacity, clock, null);
  }

  /**
   * Reads the bans from a file; those that have ended are left out. Later changes of the list are
   * not written to the file unless {@link #save} is called. Blocks.
   *
   * @param file in the form that {@link #save} writes; lines that are empty or start with # are
   *     ignored
   * @return the list @throws NoSuchFileException when the file does not exist
   * @throws IOException when the file cannot be read, or a line of it is not a ban; the message
   *     names the line and says what to do
   */
  public static BanList load(Path file) throws IOException {
    BanList list = create();
    list.read(file);
    return list;
  }

  /**
   * Reads the bans from a file, if it exists, and keeps the file current: after a change, the list
   * is written on {@code Schedulers.boundedElastic()}; changes that come while a write runs are
   * written together by the next one. Wait for {@link #flush()} before the process ends. A file
   * belongs to one list at a time. Blocks while it reads.
   *
   * @param file need not exist; its folder has to
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
   * which the ban ends. The file is replaced atomically, and forced to the disk before this
   * returns. It keeps its permissions, and also its owner and group where this process may change
   * those. Blocks.
   *
   * @param file need not exist; its folder has to, and this process has to be able to create files
   *     in it. If it is a symbolic link, its target is replaced
   * @throws IOException when the file cannot be written; its old content stays
   */
  public void save(Path file) throws IOException {
    BanFile.write(file, entries());
  }

  /**
   * Waits until the file of {@link #open} has all changes made up to now. If the last save failed,
   * this tries again.
   *
   * @return completes when the changes are on the disk, and at once for a list without a file;
   *     errors with the {@link IOException} of a failed save, which is logged as well
   */
  public Mono<Void> flush() {
    BanSaver file = saver;
    return file == null ? Mono.empty() : file.flush();
  }

  /**
   * Bans a node. Replaces an earlier ban of the same node, whether that was longer or shorter.
   *
   * @param peer its node id
   * @param time from now on; above zero
   */
  public void ban(NodeId peer, Duration time) {
    add(peer.toString(), time);
  }

  /**
   * Bans a network. Replaces an earlier ban of the same network, but not bans of its parts or of
   * larger networks.
   *
   * @param network as of {@link CidrList#of(String...)}
   * @param time from now on; above zero
   * @throws IllegalArgumentException when it is no network
   */
  public void ban(String network, Duration time) {
    add(CidrList.parse(network).canonical(), time);
  }

  /**
   * Bans a single address.
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
   * Ends the ban of a network. Bans of its parts or of larger networks stay.
   *
   * @param network as of {@link CidrList#of(String...)}
   * @return whether there was one
   * @throws IllegalArgumentException when it is no network
   */
  public boolean unban(String network) {
    return take(CidrList.parse(network).canonical());
  }

  /**
   * Ends the ban of a single address. Bans of networks that contain it stay.
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
   * The bans that have not ended.
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
   * @return false once its ban has ended
   */
  public boolean isBanned(NodeId peer) {
    return isBanned(peer.toString());
  }

  /**
   * Whether an address is in a network that is banned now. IPv4 addresses that are embedded in IPv6
   * ones count, as in {@link CidrList#negate()}.
   *
   * @param address an address
   * @return false once the last such ban has ended
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
   * Refuses banned nodes and leaves the decision on all others to another authorizer. A node that
   * is banned while the other authorizer decides is refused, too; one that is banned before the
   * server has registered its connection may not {@linkplain Authorizer#mayStay stay}.
   *
   * @param next decides on nodes that are not banned
   * @return the authorizer
   */
  public Authorizer authorizer(Authorizer next) {
    return new Authorizer() {
      @Override
      public Mono<Boolean> authorize(Candidate peer) {
        return Mono.defer(
            () ->
                isBanned(peer.id())
                    ? Mono.just(false)
                    : next.authorize(peer).map(allowed -> allowed && !isBanned(peer.id())));
      }

      @Override
      public boolean mayStay(NodeId peer) {
        return !isBanned(peer) && next.mayStay(peer);
      }
    };
  }

  /**
   * A test for addresses, as {@code PeerServer.admit} and {@code PeerClient.dialOnly} take it.
   *
   * @return true for addresses that are not in a banned network at the time of the test
   */
  public Predicate<InetAddress> addresses() {
    return address -> !isBanned(address);
  }

  /** Gives the number of bans. */
  @Override
  public String toString() {
    return "BanList[" + bans.size() + " of at most " + capacity + "]";
  }
}
