package io.fluxwire.fleet.nats;

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

/** The contract, with a NATS for each test. */
@Tag("slow")
class NatsEngineTckTest extends FleetEngineTck {

  @TempDir Path directory;

  private final Map<Integer, FaultProxy> proxies = new HashMap<>();
  private NatsServer server;

  @BeforeEach
  void start() throws Exception {
    server = NatsServer.start(directory);
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
    return NatsEngine.builder(NatsServer.options(proxy).build(), "tck")
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
