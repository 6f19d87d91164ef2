package io.fluxwire.fleet.redis;

import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.EngineListener;
import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.fleet.internal.GuardedListener;
import io.fluxwire.fleet.internal.RejoiningLink;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCredentialsProvider.ImmediateRedisCredentialsProvider;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.resource.ClientResources;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * The engine of a fleet on Redis, by Lettuce.
 *
 * <p><b>Members.</b> Each instance has a key with a time to live, which it renews: it is a member
 * while the key is there. One that leaves is gone at once, one that dies after its time to live and
 * at most one further interval ({@link Builder#timeout}, {@link Builder#interval}). One that was
 * stopped, or cut off, for longer joins again by itself when it can.
 *
 * <p><b>Directory.</b> The rows of an instance are a hash with the same time to live, so those of a
 * dead one vanish with it. Looking a peer up asks the hash of each member, within one script.
 *
 * <p><b>Messages, and news of changes,</b> go through Redis' publishing, since they are not worth
 * keeping: a channel for each instance, and one for the fleet. All that one instance is told comes
 * over one connection, in the order in which it happened in Redis. To an instance that does not
 * read, Redis keeps up to its {@code client-output-buffer-limit pubsub} (by default 32 MiB, or 8
 * MiB for a minute) and then closes the connection; the instance joins again when it can.
 *
 * <p><b>When Redis is gone</b>, calls error at once with {@code UNREACHABLE} and nothing is kept
 * for later. The link tries to connect again every second; then it announces its rows and its rules
 * again, and tells {@link EngineListener#missed}. After a timeout without Redis it tells that it is
 * the only member. A Redis that lost everything, or only some of the keys, is noticed within an
 * interval and filled again.
 *
 * <p><b>Who may take part</b> is up to Redis: give it a password or a user, and TLS, and put them
 * into the {@link RedisURI}. Whoever may write to it can say anything in the name of any instance.
 * An engine without a password or TLS, for a Redis on another machine, is logged as a warning.
 *
 * <p>One Redis, directly or through Sentinel; no cluster. A fleet's keys begin with {@code
 * fluxwire:fleet:{NAME}:}. Redis 6.0 or later.
 *
 * <p>Thread-safe; never blocks. Signals and the listener's calls come on Lettuce's threads or on
 * those of {@link Schedulers#parallel()}. An engine holds nothing: each link has its own two
 * connections, which it closes when it is left.
 */
public final class RedisEngine implements FleetEngine {

  private static final Logger LOG = LoggerFactory.getLogger(RedisEngine.class);

  private static final Set<String> LOCAL = Set.of("localhost", "127.0.0.1", "::1", "[::1]");

  private static final int MAX_MESSAGE = 1 << 20;

  /** How many commands may wait for Redis; more of them fail at once. */
  private static final int MAX_COMMANDS = 10_000;

  /** A connection that was being made when Lettuce's threads end would leak its buffer. */
  private static final long QUIET_MILLIS = 100;

  private static final long SHUTDOWN_MILLIS = 2_000;

  private final EngineConfig config;

  private RedisEngine(EngineConfig config) {
    this.config = config;
    Script.load();
    if (isOpen(config.uri)) {
      LOG.warn(
          "Redis at {} is used without a password: whoever reaches it can take part in the fleet {}."
              + " Set one in Redis and in the RedisURI, or use TLS with certificates of clients",
          config.address(),
          config.fleet);
    }
  }

  /** Whether anybody on the network can be taken to have access. */
  private static boolean isOpen(RedisURI uri) {
    return !uri.isSsl()
        && uri.getSocket() == null
        && (uri.getHost() == null || !LOCAL.contains(uri.getHost()))
        && uri.getCredentialsProvider() instanceof ImmediateRedisCredentialsProvider known
        && !known.resolveCredentialsNow().hasPassword();
  }

  /**
   * Starts the configuration of an engine.
   *
   * @param uri the address of Redis, and the credentials for it; copied
   * @param fleet the fleet's name: 1 to 64 letters of ASCII, digits and any of {@code ._-}
   * @return a builder with the defaults
   * @throws IllegalArgumentException when the name has another form
   */
  public static Builder builder(RedisURI uri, String fleet) {
    return new Builder(Objects.requireNonNull(uri, "uri"), Objects.requireNonNull(fleet, "fleet"));
  }

  /**
   * {@inheritDoc}
   *
   * <p>Errors with {@code UNREACHABLE} when Redis does not answer within half a {@link
   * Builder#timeout}, and with {@code REFUSED} when it refuses the credentials, does not permit
   * what is needed, or when somebody else has joined under this id.
   */
  @Override
  public Mono<EngineLink> join(InstanceId self, EngineListener listener) {
    Objects.requireNonNull(self, "self");
    Objects.requireNonNull(listener, "listener");
    // Making Lettuce's threads reads files.
    return Mono.defer(() -> link(self, new GuardedListener(listener)).join())
        .subscribeOn(Schedulers.boundedElastic());
  }

  private RejoiningLink link(InstanceId self, GuardedListener listener) {
    RedisClient client = client(config);
    // Begins the tokens of all sessions of this link.
    String token = HexFormat.of().toHexDigits(new SecureRandom().nextLong()) + ".";
    AtomicLong sessions = new AtomicLong();
    return new RejoiningLink(
        new RejoiningLink.Parts(
            self,
            listener,
            config.server(),
            MAX_MESSAGE,
            config.heartbeat.timeout(),
            config.timers,
            config.clock,
            () ->
                new RedisSession(config, self, token, sessions.getAndIncrement(), client, listener),
            failure -> Failures.of(config.server(), failure),
            Mono.fromCompletionStage(
                () -> client.shutdownAsync(QUIET_MILLIS, SHUTDOWN_MILLIS, TimeUnit.MILLISECONDS))));
  }

  private static RedisClient client(EngineConfig config) {
    Duration answerLimit = config.heartbeat.answerLimit();
    RedisClient client =
        config.resources == null ? RedisClient.create() : RedisClient.create(config.resources);
    ClientOptions.Builder options =
        ClientOptions.builder()
            .requestQueueSize(MAX_COMMANDS)
            .socketOptions(SocketOptions.builder().connectTimeout(answerLimit).build());
    client.setOptions(
        config
            .options
            .apply(options)
            .autoReconnect(false)
            .timeoutOptions(TimeoutOptions.enabled(answerLimit))
            .build());
    return client;
  }

  /** The fleet's name and the address, without what is secret. */
  @Override
  public String toString() {
    return "RedisEngine(%s, %s)".formatted(config.fleet, config.address());
  }

  /** The settings of an engine. Immutable: each method returns a copy. */
  public static final class Builder {

    private static final Pattern FLEET = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    private final EngineConfig config;

    private Builder(RedisURI uri, String fleet) {
      if (!FLEET.matcher(fleet).matches()) {
        throw new IllegalArgumentException(
            "a fleet's name has 1 to 64 letters, digits and any of \"._-\", not \"%s\""
                .formatted(fleet));
      }
      config = new EngineConfig(uri, fleet);
    }

    private Builder(EngineConfig config) {
      this.config = config;
    }

    private interface Change {
      void on(EngineConfig config);
    }

    private Builder with(Change change) {
      EngineConfig copy = new EngineConfig(config);
      change.on(copy);
      return new Builder(copy);
    }

    /**
     * Sets how often an instance renews its keys and looks who is gone.
     *
     * @param interval 10 ms to 1 h; 1 s by default
     * @return a copy
     * @throws IllegalArgumentException when it is out of these bounds
     */
    public Builder interval(Duration interval) {
      return with(copy -> copy.heartbeat = copy.heartbeat.interval(interval));
    }

    /**
     * Sets the time to live of an instance's keys. All instances of a fleet should have the same.
     *
     * @param timeout 10 ms to 1 h, and at least three intervals; 5 s by default
     * @return a copy
     * @throws IllegalArgumentException when it is out of these bounds
     */
    public Builder timeout(Duration timeout) {
      return with(copy -> copy.heartbeat = copy.heartbeat.timeout(timeout));
    }

    /**
     * Changes the options of Lettuce's clients, for TLS, for example. Afterwards the engine
     * switches off Lettuce's automatic reconnecting, since it reconnects itself.
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
     * @param resources by default each link has its own
     * @return a copy
     */
    public Builder resources(ClientResources resources) {
      Objects.requireNonNull(resources, "resources");
      return with(copy -> copy.resources = resources);
    }

    /**
     * Makes the engine. It connects when an instance joins.
     *
     * @return the engine
     * @throws IllegalArgumentException when the timeout is shorter than three intervals
     */
    public RedisEngine build() {
      config.heartbeat.checked();
      return new RedisEngine(config);
    }
  }
}
