package io.fluxwire.fleet.redis;

import io.fluxwire.fleet.internal.Heartbeat;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisURI;
import io.lettuce.core.resource.ClientResources;
import java.time.Clock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * All settings of an engine. The builder's setters change a copy that nothing else refers to yet.
 */
final class EngineConfig {

  final RedisURI uri;
  final String fleet;
  Heartbeat heartbeat = Heartbeat.DEFAULT;
  UnaryOperator<ClientOptions.Builder> options = builder -> builder;
  @Nullable ClientResources resources;
  final Clock clock = Clock.systemUTC();
  final Scheduler timers = Schedulers.parallel();

  EngineConfig(RedisURI uri, String fleet) {
    // A copy, since Lettuce's object is mutable.
    this.uri = RedisURI.builder(uri).build();
    this.fleet = fleet;
  }

  EngineConfig(EngineConfig other) {
    uri = other.uri;
    fleet = other.fleet;
    heartbeat = other.heartbeat;
    options = other.options;
    resources = other.resources;
  }

  /** Names Redis in messages. */
  String server() {
    return "Redis at " + address();
  }

  /** The address without what is secret. */
  String address() {
    if (uri.getSocket() != null) {
      return uri.getSocket();
    }
    if (uri.getHost() != null) {
      return uri.getHost() + ":" + uri.getPort();
    }
    return "the master " + uri.getSentinelMasterId();
  }
}
