package io.fluxwire.fleet.nats;

import io.fluxwire.fleet.internal.Heartbeat;
import io.nats.client.Options;
import java.net.URI;
import java.time.Clock;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * All settings of an engine. The builder's setters change a copy that nothing else refers to yet.
 */
final class EngineConfig {

  private static final Set<String> LOCAL = Set.of("localhost", "127.0.0.1", "::1", "[::1]");

  final Options options;
  final String fleet;
  Heartbeat heartbeat = Heartbeat.DEFAULT;
  final Clock clock = Clock.systemUTC();

  /** Independent of changes of the system's clock. */
  final LongSupplier nanos = System::nanoTime;

  final Scheduler timers = Schedulers.parallel();

  EngineConfig(Options options, String fleet) {
    this.options = options;
    this.fleet = fleet;
  }

  EngineConfig(EngineConfig other) {
    options = other.options;
    fleet = other.fleet;
    heartbeat = other.heartbeat;
  }

  /** Names NATS in messages. */
  String server() {
    return "NATS at " + address();
  }

  /** The addresses without what is secret. */
  String address() {
    return options.getServers().stream()
        .map(server -> server.getHost() + ":" + server.getPort())
        .collect(Collectors.joining(", "));
  }

  /** Whether anybody on the network can be taken to have access. */
  boolean isOpen() {
    return options.getAuthHandler() == null
        && options.getUsernameChars() == null
        && options.getTokenChars() == null
        && options.getSslContext() == null
        && options.getServers().stream().anyMatch(EngineConfig::isOpen);
  }

  private static boolean isOpen(URI server) {
    return server.getUserInfo() == null && !LOCAL.contains(String.valueOf(server.getHost()));
  }
}
