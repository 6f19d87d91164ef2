package io.fluxwire.fleet.redis;

import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.testing.FleetEngineTck;
import io.fluxwire.testing.FaultProxy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The contract, with a Redis for each test. */
@Tag("slow")
class RedisEngineTckTest extends FleetEngineTck {

  @TempDir Path directory;

  private final Map<Integer, FaultProxy> proxies = new HashMap<>();
  private RedisServer server;

  @BeforeEach
  void start() throws Exception {
    server = RedisServer.start(directory);
  }

  @AfterEach
  void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  @Override
  protected FleetEngine engine(int instance) {
    FaultProxy proxy = proxies.computeIfAbsent(instance, i -> server.proxy());
    return RedisEngine.builder(RedisServer.uri(proxy), "tck")
        .interval(Duration.ofMillis(100))
        .timeout(Duration.ofSeconds(6))
        .build();
  }

  @Override
  protected void kill(int instance, EngineLink link) {
    proxies.get(instance).dispose();
  }

  @Override
  protected void restartEngine() {
    try {
      server.restart();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  protected void cut(int instance, EngineLink link, boolean cut) {
    FaultProxy proxy = proxies.get(instance);
    proxy.refuse(cut);
    if (cut) {
      proxy.reset();
    }
  }
}
