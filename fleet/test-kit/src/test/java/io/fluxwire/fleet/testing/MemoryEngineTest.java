package io.fluxwire.fleet.testing;

import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.engine.MemoryEngine;
import java.util.List;

class MemoryEngineTest extends FleetEngineTck {

  private final MemoryEngine engine = MemoryEngine.create();

  @Override
  protected FleetEngine engine(int instance) {
    return engine;
  }

  @Override
  protected void kill(int instance, EngineLink link) {
    engine.kill(link.self());
  }

  @Override
  protected void restartEngine() {
    engine.restart();
  }

  @Override
  protected void cut(int instance, EngineLink link, boolean cut) {
    engine.partition(cut ? List.of(link.self()) : List.of());
  }
}
