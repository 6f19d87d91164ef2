package io.fluxwire.docs;

import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.nats.NatsEngine;
import io.fluxwire.fleet.redis.RedisEngine;
import io.lettuce.core.RedisURI;
import io.nats.client.Nats;
import io.nats.client.Options;

/** What the page on the engines of a fleet shows. */
final class FleetEngines {

  private FleetEngines() {}

  static FleetEngine redis() {
    RedisURI redis = RedisURI.create("rediss://fleet:PASSWORD@redis.example.net");
    return RedisEngine.builder(redis, "eu-1").build();
  }

  static FleetEngine nats() {
    Options nats =
        Options.builder()
            .server("tls://nats.example.net")
            .authHandler(Nats.credentials("fleet.creds"))
            .build();
    return NatsEngine.builder(nats, "eu-1").build();
  }
}
