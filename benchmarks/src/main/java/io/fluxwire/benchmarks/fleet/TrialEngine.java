package io.fluxwire.benchmarks.fleet;

import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.jgroups.Discovery;
import io.fluxwire.fleet.jgroups.JGroupsEngine;
import io.fluxwire.fleet.nats.NatsEngine;
import io.fluxwire.fleet.redis.RedisEngine;
import io.lettuce.core.RedisURI;
import io.nats.client.Options;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The engines of a trial. */
enum TrialEngine {
  JGROUPS,
  REDIS,
  NATS;

  static final String FLEET = "trial";

  /** Each instance's own port for the others, where all have one address. */
  static final int MEMBERS_PORT = 7_800;

  /**
   * What an instance joins by.
   *
   * @param own the address of this instance for the engine
   * @param port its port for the others
   * @param where the engine's server, or the other instances: addresses with ports, by commas
   */
  FleetEngine create(String own, int port, String where) throws UnknownHostException {
    return switch (this) {
      case JGROUPS ->
          JGroupsEngine.builder(
                  FLEET,
                  TrialKeys.node(),
                  Discovery.hosts(
                      Arrays.stream(where.split(","))
                          .map(TrialEngine::address)
                          .toArray(InetSocketAddress[]::new)))
              .bind(InetAddress.getByName(own))
              .port(port)
              .build();
      case REDIS -> {
        InetSocketAddress server = address(where);
        yield RedisEngine.builder(RedisURI.create(server.getHostString(), server.getPort()), FLEET)
            .build();
      }
      case NATS ->
          NatsEngine.builder(Options.builder().server("nats://" + where).build(), FLEET).build();
    };
  }

  private static InetSocketAddress address(String text) {
    int colon = text.lastIndexOf(':');
    return new InetSocketAddress(
        text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
  }

  /** The server that the instances meet in; null where they meet each other. */
  @Nullable String program() {
    return switch (this) {
      case JGROUPS -> null;
      case REDIS -> "redis-server";
      case NATS -> "nats-server";
    };
  }
}
