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
 * A store on Redis, for a node that runs as several instances of which one has a channel at a time:
 * when that one dies, another takes the channel over with all that was stored, and with the same
 * incarnation, since it is the same store.
 *
 * <p><b>Fencing.</b> Opening a channel gives it a new epoch and a lease, in one script. Every write
 * and every read is a script, too, which first looks whether the channel was opened by somebody
 * else since. So an instance that was paused and wakes up after a takeover changes nothing and gets
 * {@code IN_USE}, whatever any clock says: it can neither send what is not stored nor acknowledge.
 *
 * <p><b>Lease.</b> It keeps others away from a channel whose instance is alive: {@link #open}
 * errors with {@code IN_USE} and says who has it and for how long, or waits ({@link
 * Builder#waitForLease}). It is renewed in the background at a third of its length. An instance
 * that could not renew it stops by itself before another can have it: it counts nine tenths of the
 * length from before it asked, by the JVM's monotonic clock, while Redis counts the whole by its
 * clock of the day. This assumes that the two run alike to a tenth in that time and that nobody
 * sets Redis' clock ahead; where that does not hold, a takeover comes early and is fenced all the
 * same.
 *
 * <p><b>What is not answered</b> is tried again until the lease is over, over a new connection if
 * need be, so that a restart of Redis that is shorter than half a lease ends no channel. Writes are
 * numbered, and one whose answer was lost is not applied twice. After that the write errors with
 * {@code FAILED}, and may have been stored or not; the channel ends, and shows which when it is
 * opened again. {@code FULL} means that Redis is at its {@code maxmemory} or refuses writes because
 * of its disk: nothing was stored. While it is at its {@code maxmemory}, positions are stored and
 * packets deleted all the same.
 *
 * <p><b>What Redis keeps.</b> By default a channel is opened only if Redis has each change on its
 * own disk before it is reported: by {@code appendonly yes} with {@code appendfsync always} and
 * {@code no-appendfsync-on-rewrite no}, or else by {@code WAITAOF}, of Redis 7.2, which costs the
 * wait for the next sync. It must not evict keys that have no expiry ({@code maxmemory-policy
 * allkeys-…}). This is looked at whenever a channel is opened, and not seen when it is changed
 * afterwards. {@link Builder#allowLoss} lets others in. Redis itself cannot promise more:
 *
 * <ul>
 *   <li>Replication is asynchronous: a replica that takes over from its master may lack the last
 *       writes that were reported, whatever is set.
 *   <li>With {@code appendfsync everysec} and without {@code WAITAOF} a crash loses up to a second
 *       or two, with snapshots alone minutes, with neither all.
 *   <li>A backup that was put back looks like the newest.
 * </ul>
 *
 * <p>What was lost is found where it can be, and is {@code CORRUPT} then, for all instances, until
 * the channel's keys are deleted by hand: an open channel finds every change that it was told of
 * and that is missing, at its next write, read or renewal. A channel that is opened is refused if
 * Redis was restarted, or is another one, since it was written to, and was not set to keep what it
 * reports. One that is gone as a whole begins with a new incarnation, which the peer sees. A
 * failover while no instance has the channel open is not found here; the two sides find out when
 * they connect, by the numbers that they tell each other.
 *
 * <p>A channel is two hashes, in one slot of a cluster; this class connects to one Redis, or by
 * Sentinel, and to no cluster. Packets have checksums and are not encrypted. All that is kept is in
 * Redis' memory. A write or a read holds Redis up for as long as its script runs; one that deletes
 * a hundred thousand packets takes some tenths of a second, unless it deletes all there are.
 *
 * <p>Thread-safe, and blocks nobody. Signals come on Lettuce's threads or the timers'.
 */
public final class RedisChannelStore implements ChannelStore, Disposable {

  private static final Logger LOG = LoggerFactory.getLogger(RedisChannelStore.class);

  /** Tries in a lease that one whose answer does not come is allowed. */
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
   * Begins to set a store up.
   *
   * @param uri where Redis is, and who we are to it
   * @param node the node whose channels these are; nodes that share a Redis do not meet each
   *     other's
   * @return the defaults
   */
  public static Builder builder(RedisURI uri, NodeId node) {
    return new Builder(
        new StoreConfig(Objects.requireNonNull(uri, "uri"), Objects.requireNonNull(node, "node")));
  }

  /**
   * {@inheritDoc}
   *
   * <p>A cancelled call gives the lease back. Errors with {@code FAILED} when Redis cannot be
   * reached for the length of a lease or may lose what it reports, with {@code FULL} when there is
   * no room for a new channel.
   */
  @Override
  public Mono<StoredChannel> open(ChannelKey key) {
    return opener.open(Objects.requireNonNull(key, "key")).cast(StoredChannel.class);
  }

  /**
   * Closes the connection to Redis. Does not wait: {@link #onDispose()} tells when it is closed.
   * Close the channels before: those that are open fail from now on, and their leases end by
   * themselves. Further calls do nothing.
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
   * @return completes once the connection and the threads that are the store's own are gone; never
   *     errors
   */
  public Mono<Void> onDispose() {
    return gone.asMono();
  }

  /**
   * Whether it was disposed of. {@link #onDispose()} tells when that is done.
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

  /** Settings of a store. Immutable: each method gives another one. */
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
     * What the names of all keys begin with.
     *
     * @param prefix 1 to 128 letters, digits and any of {@code :._-}; by default {@code
     *     fluxwire:channel}
     * @return with that
     * @throws IllegalArgumentException when it has others
     */
    public Builder prefix(String prefix) {
      String checked = ChannelKeys.requirePrefix(prefix);
      return with(copy -> copy.prefix = checked);
    }

    /**
     * How long a channel stays with an instance that is not heard of. A shorter one gives it to
     * another sooner, and lets a shorter restart of Redis or pause of the JVM end it.
     *
     * @param lease from 100 ms to a day; 10 s by default
     * @return with that
     * @throws IllegalArgumentException when it is shorter or longer
     */
    public Builder lease(Duration lease) {
      if (lease.compareTo(SHORTEST_LEASE) < 0 || lease.compareTo(LONGEST_LEASE) > 0) {
        throw new IllegalArgumentException("a lease is from 100 ms to a day, not " + lease);
      }
      return with(copy -> copy.lease = lease);
    }

    /**
     * How long {@link RedisChannelStore#open} waits for a channel that another opening has. More
     * than a lease waits until an instance that died can be followed.
     *
     * @param time zero, the default, to be refused at once
     * @return with that
     * @throws IllegalArgumentException when it is below zero
     */
    public Builder waitForLease(Duration time) {
      if (time.isNegative()) {
        throw new IllegalArgumentException("nobody waits for " + time);
      }
      return with(copy -> copy.waitForLease = time);
    }

    /**
     * What others are told when they find a channel in use. No two instances are mixed up if they
     * have the same.
     *
     * @param instance 1 to 255 characters, such as a host's name; {@code process} and its number by
     *     default
     * @return with that
     * @throws IllegalArgumentException when there are none or more
     */
    public Builder instance(String instance) {
      if (instance.isEmpty() || instance.length() > MAX_INSTANCE) {
        throw new IllegalArgumentException("an instance's name has 1 to 255 characters");
      }
      return with(copy -> copy.instance = instance);
    }

    /**
     * Takes a Redis that may lose what it reported as stored, too, with a warning: one without an
     * append-only file, one that does not sync each change, or one that may evict any key. A
     * channel that was not open while such a Redis was restarted is refused afterwards as {@code
     * CORRUPT}, since nobody can tell whether it is whole.
     *
     * @return with that
     */
    public Builder allowLoss() {
      return with(copy -> copy.allowLoss = true);
    }

    /**
     * Changes Lettuce's settings of a client, for TLS, say. That it does not reconnect by itself,
     * which the store does, is set afterwards.
     *
     * @param change applied to the settings so far
     * @return with that
     */
    public Builder options(UnaryOperator<ClientOptions.Builder> change) {
      Objects.requireNonNull(change, "change");
      UnaryOperator<ClientOptions.Builder> before = config.options;
      return with(copy -> copy.options = builder -> change.apply(before.apply(builder)));
    }

    /**
     * Shares Lettuce's threads and the like with other clients. They are the caller's to shut down.
     *
     * @param resources by default the store has its own
     * @return with that
     */
    public Builder resources(ClientResources resources) {
      Objects.requireNonNull(resources, "resources");
      return with(copy -> copy.resources = resources);
    }

    /** Another clock, for tests. */
    Builder time(LongSupplier clock, Scheduler timers) {
      return with(
          copy -> {
            copy.clock = clock;
            copy.timers = timers;
          });
    }

    /**
     * The store. Connects when the first channel is opened.
     *
     * @return to be disposed of
     */
    public RedisChannelStore build() {
      return new RedisChannelStore(config);
    }
  }
}
