package io.fluxwire.channel.redis;

import io.fluxwire.NodeId;
import io.fluxwire.channel.ChannelKey;
import io.fluxwire.channel.ChannelStore;
import io.fluxwire.channel.StoredChannel;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * A store on Redis, for a node that runs as several instances. One instance at a time has a channel
 * open. When that instance dies, another one takes the channel over with everything that was
 * stored, and with the same incarnation, since it is the same store.
 *
 * <p><b>Fencing.</b> Opening a channel gives it a new epoch and a lease, in one script. Every write
 * and every read is a script, too, which first checks whether another instance has opened the
 * channel since. So an instance that was paused and wakes up after a takeover changes nothing and
 * gets {@code IN_USE}, whatever any clock says: it can neither acknowledge packets nor send packets
 * that are not stored.
 *
 * <p><b>Lease.</b> The lease keeps other instances from opening a channel while its instance is
 * alive: {@link #open} errors with {@code IN_USE}, and the message says which instance has it and
 * for how long, or it waits ({@link Builder#waitForLease}). The lease is renewed in the background
 * after a third of its length. An instance that could not renew its lease stops by itself before
 * another instance can get the channel. To do so, it counts nine tenths of the length, by the JVM's
 * monotonic clock, from before it sent the renewal, while Redis counts the full length by its wall
 * clock. This assumes that the two clocks differ by less than a tenth in that time and that nobody
 * sets Redis' clock forward. Otherwise a takeover comes early, but is still fenced.
 *
 * <p><b>Commands without an answer</b> are retried until the lease is over, over a new connection
 * if necessary, so that a restart of Redis that is shorter than half a lease does not end a
 * channel. Writes are numbered, so that a write whose answer was lost is not applied twice. When
 * the lease is over, the write errors with {@code FAILED} and the channel ends; whether the write
 * was stored is known when the channel is opened again. {@code FULL} means that Redis has reached
 * its {@code maxmemory} or refuses writes because of its disk: nothing was stored. While {@code
 * maxmemory} is reached, positions are still stored and packets still deleted.
 *
 * <p><b>Durability.</b> By default a channel is opened only if Redis has each change on its own
 * disk before the change is reported as stored: by {@code appendonly yes} with {@code appendfsync
 * always} and {@code no-appendfsync-on-rewrite no}, or by {@code WAITAOF}, since Redis 7.2, which
 * waits for the next sync. Redis must not evict keys that have no expiry ({@code maxmemory-policy
 * allkeys-…}). These settings are checked whenever a channel is opened; a later change is not
 * noticed. {@link Builder#allowLoss} accepts a Redis with other settings. Redis itself cannot
 * promise more:
 *
 * <ul>
 *   <li>Replication is asynchronous: a replica that takes over from its master may lack the last
 *       writes that were reported, whatever the settings. *
 *   <li>With {@code appendfsync everysec} and without {@code WAITAOF}, a crash loses the changes of
 *       up to one or two seconds; with snapshots only, those of minutes; with neither, everything.
 *       *
 *   <li>A backup that was restored looks like the newest data.
 * </ul>
 *
 * <p>Losses are detected where possible. The channel is then {@code CORRUPT} for all instances,
 * until its keys are deleted by hand. An open channel detects at its next write, read or renewal if
 * any change is missing that was reported to it. Opening a channel is refused if, since the last
 * write, Redis was restarted or replaced by another one without settings that keep what it reports.
 * A channel that is lost as a whole begins with a new incarnation, which the peer notices. A
 * failover while no instance has the channel open is not detected here; the two sides detect it
 * when they connect, by the numbers that they tell each other.
 *
 * <p>A channel is stored as two hashes, in one slot of a cluster; but this class connects to a
 * single Redis, directly or through Sentinel, not to a cluster. Packets have checksums and are not
 * encrypted. Everything that is kept is in Redis' memory. A write or a read blocks Redis while its
 * script runs: deleting a hundred thousand packets takes some tenths of a second, unless all
 * packets are deleted.
 *
 * <p>Thread-safe; never blocks. Signals come on Lettuce's threads or on those of the timers.
 */
public final class RedisChannelStore implements ChannelStore, Disposable {

  private static final Logger LOG = LoggerFactory.getLogger(RedisChannelStore.class);

  /** How many attempts without an answer fit into one lease. */
  private static final int TRIES = 3;

  private final String name;
  private final RedisLink link;
  private final Opener opener;
  private final Sinks.Empty<Void> gone = Sinks.empty();
  private final AtomicBoolean disposed = new AtomicBoolean();

  private RedisChannelStore(StoreConfig config) {
    Script.load();
    name = "RedisChannelStore(%s, %s)".formatted(config.prefix, config.instance);
    link = new RedisLink(client(config), config.uri, config.lease.dividedBy(TRIES), config.timers);
    opener = new Opener(link, config);
  }

  private static RedisClient client(StoreConfig config) {
    RedisClient client =
        config.resources == null ? RedisClient.create() : RedisClient.create(config.resources);
    ClientOptions.Builder options =
        ClientOptions.builder()
            .socketOptions(
                SocketOptions.builder().connectTimeout(config.lease.dividedBy(TRIES)).build());
    client.setOptions(config.options.apply(options).autoReconnect(false).build());
    return client;
  }

  /**
   * Starts the configuration of a store.
   *
   * @param uri the address of Redis, and the credentials for it
   * @param node the node that the channels belong to; nodes that share a Redis do not see each
   *     other's channels
   * @return a builder with the defaults
   */
  public static Builder builder(RedisURI uri, NodeId node) {
    return new Builder(
        new StoreConfig(Objects.requireNonNull(uri, "uri"), Objects.requireNonNull(node, "node")));
  }

  /**
   * {@inheritDoc}
   *
   * <p>Cancelling gives the lease back. Errors with {@code FAILED} when Redis cannot be reached for
   * the length of a lease, or when its settings allow it to lose what it has reported as stored;
   * and with {@code FULL} when there is no room for a new channel.
   */
  @Override
  public Mono<StoredChannel> open(ChannelKey key) {
    return opener.open(Objects.requireNonNull(key, "key")).cast(StoredChannel.class);
  }

  /**
   * Closes the connection to Redis. Does not wait: {@link #onDispose()} tells when it is closed.
   * Close the channels first: open channels fail from now on, and their leases expire. Further
   * calls do nothing.
   */
  @Override
  public void dispose() {
    if (disposed.compareAndSet(false, true)) {
      link.close()
          .subscribe(
              nothing -> {},
              failure -> {
                LOG.debug("{} was not closed in good order", this, failure);
                gone.tryEmitEmpty();
              },
              gone::tryEmitEmpty);
    }
  }

  /**
   * The end of the store. Does not dispose.
   *
   * @return completes once the connection is closed and the store's own threads have ended; never
   *     errors
   */
  public Mono<Void> onDispose() {
    return gone.asMono();
  }

  /**
   * Whether the store was disposed of. {@link #onDispose()} tells when that is complete.
   *
   * @return true from the first {@link #dispose()} on
   */
  @Override
  public boolean isDisposed() {
    return disposed.get();
  }

  @Override
  public String toString() {
    return name;
  }

  /** The settings of a store. Immutable: each method returns a copy. */
  public static final class Builder {

    private static final Duration SHORTEST_LEASE = Duration.ofMillis(100);
    private static final Duration LONGEST_LEASE = Duration.ofDays(1);
    private static final int MAX_INSTANCE = 255;

    private final StoreConfig config;

    private Builder(StoreConfig config) {
      this.config = config;
    }

    private interface Change {
      void on(StoreConfig config);
    }

    private Builder with(Change change) {
      StoreConfig copy = new StoreConfig(config);
      change.on(copy);
      return new Builder(copy);
    }

    /**
     * Sets the prefix of the names of all keys.
     *
     * @param prefix 1 to 128 letters, digits and any of {@code :._-}; by default {@code
     *     fluxwire:channel}
     * @return a copy
     * @throws IllegalArgumentException when it is empty, too long or has other characters
     */
    public Builder prefix(String prefix) {
      String checked = ChannelKeys.requirePrefix(prefix);
      return with(copy -> copy.prefix = checked);
    }

    /**
     * Sets how long a channel stays reserved for an instance that no longer renews its lease. With
     * a shorter lease, another instance can take over sooner, but shorter restarts of Redis or
     * pauses of the JVM end the channel.
     *
     * @param lease from 100 ms to a day; 10 s by default
     * @return a copy
     * @throws IllegalArgumentException when it is shorter or longer
     */
    public Builder lease(Duration lease) {
      if (lease.compareTo(SHORTEST_LEASE) < 0 || lease.compareTo(LONGEST_LEASE) > 0) {
        throw new IllegalArgumentException("a lease is from 100 ms to a day, not " + lease);
      }
      return with(copy -> copy.lease = lease);
    }

    /**
     * Sets how long {@link RedisChannelStore#open} waits for a channel that is open elsewhere. With
     * more than the length of a lease, it waits until the lease of an instance that died has
     * expired.
     *
     * @param time the time; with zero, the default, it is refused at once
     * @return a copy
     * @throws IllegalArgumentException when it is below zero
     */
    public Builder waitForLease(Duration time) {
      if (time.isNegative()) {
        throw new IllegalArgumentException(
            "the time to wait for a lease is zero or more, not " + time);
      }
      return with(copy -> copy.waitForLease = time);
    }

    /**
     * Sets the name that other instances are told when they find a channel in use. It is for people
     * only: two instances with the same name are still distinguished.
     *
     * @param instance 1 to 255 characters, such as a host name; by default {@code process} and the
     *     process id
     * @return a copy
     * @throws IllegalArgumentException when it does not have 1 to 255 characters
     */
    public Builder instance(String instance) {
      if (instance.isEmpty() || instance.length() > MAX_INSTANCE) {
        throw new IllegalArgumentException("an instance's name has 1 to 255 characters");
      }
      return with(copy -> copy.instance = instance);
    }

    /**
     * Accepts, with a warning, also a Redis that may lose what it has reported as stored: without
     * an append-only file, without a sync of each change, or with an eviction of any key. A channel
     * that was not open while such a Redis was restarted is refused afterwards as {@code CORRUPT},
     * since it is unknown whether it is complete.
     *
     * @return a copy
     */
    public Builder allowLoss() {
      return with(copy -> copy.allowLoss = true);
    }

    /**
     * Changes the options of Lettuce's client, for TLS, for example. Afterwards the store switches
     * off Lettuce's automatic reconnecting, since it reconnects itself.
     *
     * @param change applied to the settings so far
     * @return a copy
     */
    public Builder options(UnaryOperator<ClientOptions.Builder> change) {
      Objects.requireNonNull(change, "change");
      UnaryOperator<ClientOptions.Builder> before = config.options;
      return with(copy -> copy.options = builder -> change.apply(before.apply(builder)));
    }

    /**
     * Shares Lettuce's threads and other resources with other clients. The caller has to shut them
     * down.
     *
     * @param resources by default the store has its own
     * @return a copy
     */
    public Builder resources(ClientResources resources) {
      Objects.requireNonNull(resources, "resources");
      return with(copy -> copy.resources = resources);
    }

    /** Sets another clock, for tests. */
    Builder time(LongSupplier clock, Scheduler timers) {
      return with(
          copy -> {
            copy.clock = clock;
            copy.timers = timers;
          });
    }

    /**
     * Creates the store. It connects when the first channel is opened.
     *
     * @return the store, to be disposed of by the caller
     */
    public RedisChannelStore build() {
      return new RedisChannelStore(config);
    }
  }
}
