package io.fluxwire.channel;

import io.fluxwire.internal.Arguments;
import io.fluxwire.observe.Observability;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** How a side keeps its channels. Immutable: each setter returns a copy. */
public final class ChannelSpec {

  /** What a channel may keep by default: 16 MiB. */
  public static final long MAX_BYTES = 16L << 20;

  /** What happens when the two stores do not fit together, since one was lost or replaced. */
  public enum Disagreement {
    /** The channel ends with {@link io.fluxwire.Reason#CHANNEL_DISAGREEMENT}. The default. */
    FAIL,
    /**
     * The channel ends with that, too, and its store is deleted, unless it is new: who opens it
     * again begins anew. What it kept is lost, and numbers begin at 0. It takes both sides to do
     * so.
     */
    BEGIN_ANEW
  }

  /** What can be set. Not changed any more once a spec has it. */
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
   * The defaults, with a store: 16 MiB for each channel, failure on a disagreement.
   *
   * @param store where channels keep what must not be lost
   * @return the spec
   */
  public static ChannelSpec of(ChannelStore store) {
    return new ChannelSpec(new Config(store));
  }

  /**
   * Bounds what a channel keeps for the peer: payloads that it has not acknowledged. At the bound
   * senders wait; nothing is dropped.
   *
   * @param bytes 1 or more; may be passed by one packet
   * @return a copy
   */
  public ChannelSpec maxBytes(long bytes) {
    Arguments.atLeast("the bound in bytes", bytes, 1);
    return with(c -> c.maxBytes = bytes);
  }

  /**
   * Says how far the application itself has come, if it stores that together with the effects of
   * packets: those below are not delivered again. Opening the channel fails where the store is new
   * and this is above 0, since what lies between is unknown, and where the store is further by more
   * than packets that the codec skipped.
   *
   * @param number the number of the next packet that it wants; 0, the default, for what the store
   *     says
   * @return a copy
   */
  public ChannelSpec startAt(long number) {
    Arguments.atLeast("a position", number, 0);
    return with(c -> c.startAt = number);
  }

  /**
   * Sets what happens when the two stores do not fit together.
   *
   * @param policy the default is {@link Disagreement#FAIL}
   * @return a copy
   */
  public ChannelSpec onDisagreement(Disagreement policy) {
    Objects.requireNonNull(policy, "policy");
    return with(c -> c.disagreement = policy);
  }

  /**
   * Sets the clock for acknowledgements that wait for more, for a peer that does not say how far it
   * is, and for a store that is full.
   *
   * @param scheduler the default is {@link Schedulers#parallel()}
   * @return a copy
   */
  public ChannelSpec timers(Scheduler scheduler) {
    Objects.requireNonNull(scheduler, "scheduler");
    return with(c -> c.timers = scheduler);
  }

  /**
   * Adds somebody who is told what happens to channels; the default is nobody.
   *
   * @param observer one for all channels of this spec; told after those that were added before,
   *     whatever they throw
   * @return a copy
   */
  public ChannelSpec observe(ChannelObserver observer) {
    Objects.requireNonNull(observer, "observer");
    return with(
        c -> c.observers = Stream.concat(c.observers.stream(), Stream.of(observer)).toList());
  }

  /**
   * Sets where meters go. Clients and servers set their own.
   *
   * @param where the default is nowhere
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
