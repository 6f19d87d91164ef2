package io.fluxwire.channel;

import io.fluxwire.internal.Arguments;
import io.fluxwire.observe.Observability;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Where and how one side stores its channels. Immutable: each setter returns a copy. */
public final class ChannelSpec {

  /** How many bytes a channel may keep for the peer by default: 16 MiB. */
  public static final long MAX_BYTES = 16L << 20;

  /**
   * What happens when the two sides' stores contradict each other because one of them was lost or
   * replaced.
   */
  public enum Disagreement {
    /** The channel ends with {@link io.fluxwire.Reason#CHANNEL_DISAGREEMENT}. The default. */
    FAIL,
    /**
     * The channel ends in the same way, and its store is deleted unless it is new, so that the
     * channel begins anew when it is opened again. The packets that it kept are lost, and numbers
     * begin at 0. Both sides have to begin anew for this to work.
     */
    BEGIN_ANEW
  }

  /** The settings. They do not change once a spec has them. */
  private static final class Config {

    final ChannelStore store;
    long maxBytes = MAX_BYTES;
    long startAt;
    Disagreement disagreement = Disagreement.FAIL;
    Scheduler timers = Schedulers.parallel();
    List<ChannelObserver> observers = List.of();
    Observability observability = Observability.none();

    Config(ChannelStore store) {
      this.store = Objects.requireNonNull(store, "store");
    }

    Config(Config other) {
      store = other.store;
      maxBytes = other.maxBytes;
      startAt = other.startAt;
      disagreement = other.disagreement;
      timers = other.timers;
      observers = other.observers;
      observability = other.observability;
    }
  }

  private final Config config;

  private ChannelSpec(Config config) {
    this.config = config;
  }

  private ChannelSpec with(Consumer<Config> change) {
    Config changed = new Config(config);
    change.accept(changed);
    return new ChannelSpec(changed);
  }

  /**
   * The defaults with the given store: 16 MiB for each channel, failure on a disagreement.
   *
   * @param store stores the channels' packets and positions
   * @return the spec
   */
  public static ChannelSpec of(ChannelStore store) {
    return new ChannelSpec(new Config(store));
  }

  /**
   * Limits how many bytes of payloads a channel keeps that the peer has not acknowledged. At the
   * limit senders wait; nothing is dropped.
   *
   * @param bytes 1 or more; one packet may exceed the limit
   * @return a copy
   */
  public ChannelSpec maxBytes(long bytes) {
    Arguments.atLeast("the bound in bytes", bytes, 1);
    return with(c -> c.maxBytes = bytes);
  }

  /**
   * Sets the application's own position, for applications that store it together with the effects
   * of packets. Packets below that number are not delivered again. Opening the channel fails if the
   * store is new and this number is above 0, since the packets in between are unknown. It also
   * fails if the store's position is higher than this number, unless the codec skipped all packets
   * in between.
   *
   * @param number the number of the next packet that the application wants; 0, the default, uses
   *     the store's position
   * @return a copy
   */
  public ChannelSpec startAt(long number) {
    Arguments.atLeast("a position", number, 0);
    return with(c -> c.startAt = number);
  }

  /**
   * Sets what happens when the two sides' stores contradict each other.
   *
   * @param policy the default is {@link Disagreement#FAIL}
   * @return a copy
   */
  public ChannelSpec onDisagreement(Disagreement policy) {
    Objects.requireNonNull(policy, "policy");
    return with(c -> c.disagreement = policy);
  }

  /**
   * Sets the scheduler of the timers that collect acknowledgements, that limit how long a peer may
   * take to send its position, and that retry when the store is full.
   *
   * @param scheduler the default is {@link Schedulers#parallel()}
   * @return a copy
   */
  public ChannelSpec timers(Scheduler scheduler) {
    Objects.requireNonNull(scheduler, "scheduler");
    return with(c -> c.timers = scheduler);
  }

  /**
   * Adds an observer of channels; by default there is none.
   *
   * @param observer observes all channels of this spec; called after the observers that were added
   *     earlier, whatever they throw
   * @return a copy
   */
  public ChannelSpec observe(ChannelObserver observer) {
    Objects.requireNonNull(observer, "observer");
    return with(
        c -> c.observers = Stream.concat(c.observers.stream(), Stream.of(observer)).toList());
  }

  /**
   * Sets where meters are recorded. Clients and servers set this to their own.
   *
   * @param where the default records nothing
   * @return a copy
   */
  public ChannelSpec observability(Observability where) {
    Objects.requireNonNull(where, "where");
    return with(c -> c.observability = where);
  }

  ChannelStore store() {
    return config.store;
  }

  long maxBytes() {
    return config.maxBytes;
  }

  long startAt() {
    return config.startAt;
  }

  Disagreement disagreement() {
    return config.disagreement;
  }

  Scheduler timers() {
    return config.timers;
  }

  List<ChannelObserver> observers() {
    return config.observers;
  }

  Observability observability() {
    return config.observability;
  }
}
