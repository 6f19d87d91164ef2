package io.fluxwire.channel.redis;

import io.fluxwire.NodeId;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisURI;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** All settings of a store. The builder's setters change a copy that nothing else refers to yet. */
final class StoreConfig {

  private static final Duration DEFAULT_LEASE = Duration.ofSeconds(10);

  final RedisURI uri;
  final NodeId node;
  String prefix = "fluxwire:channel";
  Duration lease = DEFAULT_LEASE;
  Duration waitForLease = Duration.ZERO;
  String instance = "process " + ProcessHandle.current().pid();
  boolean allowLoss;
  UnaryOperator<ClientOptions.Builder> options = builder -> builder;
  @Nullable ClientResources resources;

  /** A monotonic clock in nanoseconds, independent of changes of the system's clock. */
  LongSupplier clock = System::nanoTime;

  Scheduler timers = Schedulers.parallel();

  StoreConfig(RedisURI uri, NodeId node) {
    // A copy, since Lettuce's object is mutable.
    this.uri = RedisURI.builder(uri).build();
    this.node = node;
  }

  StoreConfig(StoreConfig other) {
    uri = other.uri;
    node = other.node;
    prefix = other.prefix;
    lease = other.lease;
    waitForLease = other.waitForLease;
    instance = other.instance;
    allowLoss = other.allowLoss;
    options = other.options;
    resources = other.resources;
    clock = other.clock;
    timers = other.timers;
  }
}
