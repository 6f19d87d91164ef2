package io.fluxwire.fleet.nats;

import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.EngineListener;
import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.fleet.internal.GuardedListener;
import io.fluxwire.fleet.internal.RejoiningLink;
import io.nats.client.Options;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Objects;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The engine of a fleet on NATS, by jnats: core NATS, without JetStream. NATS keeps nothing, so
 * there is nothing to lose.
 *
 * <p><b>Members.</b> Each instance shows that it is alive ({@link Builder#interval}); one that has
 * been silent for a {@link Builder#timeout} is dead for the others, one that leaves is gone at
 * once. One that was stopped, or cut off, for longer is told so, and joins again by itself.
 *
 * <p><b>Directory.</b> An instance subscribes to a subject for each peer that it holds: looking the
 * peer up is a question on this subject, which the holder answers, and when nobody listens NATS
 * says so at once. Of several who hold a peer, each knows whose row counts.
 *
 * <p><b>Messages</b> go to a subject of the instance. <b>Rules</b> are published, and whoever joins
 * asks all members for those that they know.
 *
 * <p><b>When NATS is gone</b>, calls error at once with {@code UNREACHABLE} and nothing is kept for
 * later. The link tries to connect again every second; then it subscribes and announces its rows
 * and rules again, and tells {@link EngineListener#missed}. After a timeout without NATS it tells
 * that it is the only member. The same happens to an instance that reads slower than the others
 * send, once 64 MiB or 100,000 messages wait in it.
 *
 * <p><b>Who may take part</b> is up to NATS: give the fleet a user, a token or a key of its own,
 * and TLS, and put them into the {@link Options}. All subjects begin with {@code fluxwire.NAME.},
 * below which the user has to be permitted to publish and to subscribe. Whoever is, can say
 * anything in the name of any instance. An engine without either, for a NATS on another machine, is
 * logged as a warning.
 *
 * <p>One server or a cluster, 2.2 or later, whose {@code max_payload} is 1 MiB, the default, or
 * more.
 *
 * <p>Thread-safe; never blocks. Signals come on the threads of {@link Schedulers#parallel()}, the
 * listener's calls there or on those of jnats. An engine holds nothing: each link has its own
 * connection and a thread that writes to it.
 */
public final class NatsEngine implements FleetEngine {

  private static final Logger LOG = LoggerFactory.getLogger(NatsEngine.class);

  /** How many calls may wait for the thread that writes; more of them fail at once. */
  private static final int MAX_CALLS = 100_000;

  private static final int IDLE_SECONDS = 10;

  private final EngineConfig config;

  private NatsEngine(EngineConfig config) {
    this.config = config;
    if (config.isOpen()) {
      LOG.warn(
          "NATS at {} is used without a user, a token or a key: whoever reaches it can take part in"
              + " the fleet {}. Set one in NATS and in the Options, or use TLS with certificates of"
              + " clients",
          config.address(),
          config.fleet);
    }
  }

  /**
   * Starts the configuration of an engine.
   *
   * @param options the servers, and the credentials for them. The engine sets the name, the limit
   *     of connecting, the listeners, the prefix of inboxes, and that jnats does not reconnect by
   *     itself
   * @param fleet the fleet's name: 1 to 64 letters of ASCII, digits, hyphens and underscores
   * @return a builder with the defaults
   * @throws IllegalArgumentException when the name has another form
   */
  public static Builder builder(Options options, String fleet) {
    return new Builder(
        Objects.requireNonNull(options, "options"), Objects.requireNonNull(fleet, "fleet"));
  }

  /**
   * {@inheritDoc}
   *
   * <p>Errors with {@code UNREACHABLE} when NATS does not answer within a {@link Builder#timeout},
   * and with {@code REFUSED} when it refuses the credentials, does not permit what is needed, or
   * when somebody else has joined under this id.
   */
  @Override
  public Mono<EngineLink> join(InstanceId self, EngineListener listener) {
    Objects.requireNonNull(self, "self");
    Objects.requireNonNull(listener, "listener");
    return Mono.defer(() -> link(self, new GuardedListener(listener)).join());
  }

  private RejoiningLink link(InstanceId self, GuardedListener listener) {
    RuleBook rules = new RuleBook();
    SecureRandom random = new SecureRandom();
    Scheduler worker =
        Schedulers.newBoundedElastic(1, MAX_CALLS, "fluxwire-fleet-nats", IDLE_SECONDS, true);
    return new RejoiningLink(
        new RejoiningLink.Parts(
            self,
            listener,
            config.server(),
            NatsSession.MAX_MESSAGE,
            config.heartbeat.timeout(),
            config.timers,
            config.clock,
            () ->
                new NatsSession(
                    config,
                    self,
                    HexFormat.of().toHexDigits(random.nextLong()),
                    listener,
                    rules,
                    worker),
            failure -> Failures.of(config.server(), failure),
            // Ending a scheduler waits for a lock.
            worker.disposeGracefully().subscribeOn(Schedulers.boundedElastic())));
  }

  /** The fleet's name and the address, without what is secret. */
  @Override
  public String toString() {
    return "NatsEngine(%s, %s)".formatted(config.fleet, config.address());
  }

  /** The settings of an engine. Immutable: each method returns a copy. */
  public static final class Builder {

    private static final Pattern FLEET = Pattern.compile("[A-Za-z0-9_-]{1,64}");

    private final EngineConfig config;

    private Builder(Options options, String fleet) {
      if (!FLEET.matcher(fleet).matches()) {
        throw new IllegalArgumentException(
            "a fleet's name has 1 to 64 letters, digits, hyphens and underscores, not \"%s\""
                .formatted(fleet));
      }
      config = new EngineConfig(options, fleet);
    }

    private Builder(EngineConfig config) {
      this.config = config;
    }

    /**
     * Sets how often an instance shows that it is alive, and looks who is not.
     *
     * @param interval 10 ms to 1 h; 1 s by default
     * @return a copy
     * @throws IllegalArgumentException when it is out of these bounds
     */
    public Builder interval(Duration interval) {
      EngineConfig copy = new EngineConfig(config);
      copy.heartbeat = copy.heartbeat.interval(interval);
      return new Builder(copy);
    }

    /**
     * Sets after which silence an instance is dead. All instances of a fleet should have the same.
     *
     * @param timeout 10 ms to 1 h, and at least three intervals; 5 s by default
     * @return a copy
     * @throws IllegalArgumentException when it is out of these bounds
     */
    public Builder timeout(Duration timeout) {
      EngineConfig copy = new EngineConfig(config);
      copy.heartbeat = copy.heartbeat.timeout(timeout);
      return new Builder(copy);
    }

    /**
     * Makes the engine. It connects when an instance joins.
     *
     * @return the engine
     * @throws IllegalArgumentException when the timeout is shorter than three intervals
     */
    public NatsEngine build() {
      config.heartbeat.checked();
      return new NatsEngine(config);
    }
  }
}
