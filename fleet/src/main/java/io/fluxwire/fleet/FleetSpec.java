package io.fluxwire.fleet;

import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.internal.Arguments;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** How an instance takes part in a fleet. Immutable: each setter returns a copy. */
public final class FleetSpec {

  /** How long a send looks again for a peer that has moved, by default: 2 s. */
  public static final Duration LOOK_AGAIN = Duration.ofSeconds(2);

  /** How long an instance waits before it takes over a shared dial, by default: 2 s. */
  public static final Duration HANDOVER = Duration.ofSeconds(2);

  /** How long the earlier of two connections of one peer stays at most, by default: 15 s. */
  public static final Duration DUPLICATE_LINGER = Duration.ofSeconds(15);

  /** How many packets a send sends before the other instance answers, by default: 32. */
  public static final int WINDOW = 32;

  /** How many rules an instance keeps by default: 10,000. */
  public static final int RULES = 10_000;

  private static final int MAX_WINDOW = 128;
  private static final int CACHED_ROWS = 16_384;
  private static final long PENDING_BYTES = 64L << 20;
  private static final long MIN_PENDING_BYTES = 1L << 20;

  /** The settings. They are not changed any more once a spec has them. */
  private static final class Config {

    final InstanceId instance;
    Scheduler scheduler = Schedulers.parallel();
    Duration lookAgain = LOOK_AGAIN;
    Duration handover = HANDOVER;
    Duration duplicateLinger = DUPLICATE_LINGER;
    int window = WINDOW;
    int rules = RULES;
    int cachedRows = CACHED_ROWS;
    int dialQuorum = 1;
    boolean observer;
    long pendingBytes = PENDING_BYTES;
    @Nullable MeterRegistry meters;

    Config(InstanceId instance) {
      this.instance = instance;
    }

    Config(Config other) {
      instance = other.instance;
      scheduler = other.scheduler;
      lookAgain = other.lookAgain;
      handover = other.handover;
      duplicateLinger = other.duplicateLinger;
      window = other.window;
      rules = other.rules;
      cachedRows = other.cachedRows;
      dialQuorum = other.dialQuorum;
      observer = other.observer;
      pendingBytes = other.pendingBytes;
      meters = other.meters;
    }
  }

  private final Config config;

  private FleetSpec(Config config) {
    this.config = config;
  }

  private FleetSpec with(Consumer<Config> change) {
    Config changed = new Config(config);
    change.accept(changed);
    return new FleetSpec(changed);
  }

  /**
   * The defaults.
   *
   * @param name the instance's name in its fleet, such as that of its host or pod: 1 to 63 letters
   *     of ASCII, digits and hyphens. No two instances should have the same one
   * @return the spec
   * @throws IllegalArgumentException when the name has another form
   */
  public static FleetSpec of(String name) {
    return of(InstanceId.random(name));
  }

  /**
   * The defaults.
   *
   * @param instance the id of this run of the instance
   * @return the spec
   */
  public static FleetSpec of(InstanceId instance) {
    return new FleetSpec(new Config(Objects.requireNonNull(instance, "instance")));
  }

  /**
   * Sets the scheduler that runs the timers and tells the time.
   *
   * @param timers its clock has to be the wall clock in milliseconds, except in tests; the default
   *     is {@link Schedulers#parallel()}
   * @return a copy
   */
  public FleetSpec scheduler(Scheduler timers) {
    Objects.requireNonNull(timers, "timers");
    return with(c -> c.scheduler = timers);
  }

  /**
   * Sets how long a send looks again for a peer after the instance that was found did not have it;
   * then it errors. Allow the time that a peer takes to connect again.
   *
   * @param time above zero; the default is 2 s
   * @return a copy
   */
  public FleetSpec lookAgain(Duration time) {
    Duration checked = Arguments.positive("the time to look again", time);
    return with(c -> c.lookAgain = checked);
  }

  /**
   * Sets how long an instance waits before it takes over a shared dial from another member, so that
   * the other one has learned of the change and stopped dialling.
   *
   * @param time zero or above; the default is 2 s
   * @return a copy
   */
  public FleetSpec handover(Duration time) {
    Duration checked = Arguments.notNegative("the handover", time);
    return with(c -> c.handover = checked);
  }

  /**
   * Sets how long the earlier of two connections of one peer to two instances stays, if the peer
   * does not close one of them. With less than 11 s, a peer that is a {@link
   * io.fluxwire.group.PeerGroup} may close one while this instance closes the other, so that none
   * is left.
   *
   * @param time zero or above; the default is 15 s
   * @return a copy
   */
  public FleetSpec duplicateLinger(Duration time) {
    Duration checked = Arguments.notNegative("the time of a duplicate", time);
    return with(c -> c.duplicateLinger = checked);
  }

  /**
   * Sets how many packets of a send to a peer of another instance may be on their way before that
   * instance has said that it has the peer. After that, the peer's connection there decides how
   * many.
   *
   * @param packets from 1 to 128; the default is 32
   * @return a copy
   */
  public FleetSpec window(int packets) {
    Arguments.inRange("the window", packets, 1, MAX_WINDOW);
    return with(c -> c.window = packets);
  }

  /**
   * Sets how many bans and other rules of the fleet this instance keeps. A further one replaces the
   * rule that ends soonest.
   *
   * @param most 1 or more; the default is 10,000
   * @return a copy
   */
  public FleetSpec rules(int most) {
    Arguments.atLeast("the number of rules", most, 1);
    return with(c -> c.rules = most);
  }

  /**
   * Sets for how many peers of other instances this instance remembers where they are, so that it
   * need not ask the engine for each send.
   *
   * @param rows 0 or more; the default is 16,384
   * @return a copy
   */
  public FleetSpec cachedRows(int rows) {
    Arguments.atLeast("the number of cached rows", rows, 0);
    return with(c -> c.cachedRows = rows);
  }

  /**
   * Sets how many bytes of packets from other instances may wait here for connections. A packet
   * beyond that is refused. If it is the first of its send, the send tries again for {@link
   * #lookAgain} before it errors; a later one makes its send error at once.
   *
   * @param most 1 MiB or more; the default is 64 MiB
   * @return a copy
   */
  public FleetSpec pendingBytes(long most) {
    Arguments.atLeast("the bytes that wait", most, MIN_PENDING_BYTES);
    return with(c -> c.pendingBytes = most);
  }

  /**
   * Sets how many members this instance has to see, itself included, to dial shared peers. If it is
   * more than half of all instances, only one side of a fleet that is cut in two dials, and no
   * instance dials while fewer than that are up.
   *
   * @param members 1 or more; the default is 1, with which each side of a cut dials
   * @return a copy
   */
  public FleetSpec dialQuorum(int members) {
    Arguments.atLeast("the quorum", members, 1);
    return with(c -> c.dialQuorum = members);
  }

  /**
   * Makes the instance one that only looks: from the start it tells the others that it takes no
   * dials, as one that drains does, and {@link FleetGroup#isDraining} is true. It can look peers up
   * and send to them.
   *
   * @return a copy
   */
  public FleetSpec observer() {
    return with(c -> c.observer = true);
  }

  /**
   * Records the meters that {@code docs/fleet.md} lists.
   *
   * @param registry where the meters are registered; without one nothing is recorded
   * @return a copy
   */
  public FleetSpec meterRegistry(MeterRegistry registry) {
    Objects.requireNonNull(registry, "registry");
    return with(c -> c.meters = registry);
  }

  InstanceId instance() {
    return config.instance;
  }

  Scheduler scheduler() {
    return config.scheduler;
  }

  Duration lookAgain() {
    return config.lookAgain;
  }

  Duration handover() {
    return config.handover;
  }

  Duration duplicateLinger() {
    return config.duplicateLinger;
  }

  int window() {
    return config.window;
  }

  int rules() {
    return config.rules;
  }

  int cachedRows() {
    return config.cachedRows;
  }

  long pendingBytes() {
    return config.pendingBytes;
  }

  int dialQuorum() {
    return config.dialQuorum;
  }

  boolean isObserver() {
    return config.observer;
  }

  @Nullable MeterRegistry meters() {
    return config.meters;
  }

  @Override
  public String toString() {
    return "FleetSpec[" + config.instance + "]";
  }
}
