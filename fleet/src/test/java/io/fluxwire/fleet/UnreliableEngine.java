package io.fluxwire.fleet;

import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.EngineListener;
import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Loses some messages, as an engine may, and repeats others, as none should. */
final class UnreliableEngine implements FleetEngine {

  /** What becomes of a message. */
  enum Fate {
    ARRIVES,
    LOST,
    REPEATED
  }

  /** After how long a message comes again. */
  private static final long AGAIN_MILLIS = 50;

  private final FleetEngine engine;
  private final Scheduler time;
  private final Supplier<Fate> fates;

  UnreliableEngine(FleetEngine engine, Scheduler time, Supplier<Fate> fates) {
    this.engine = engine;
    this.time = time;
    this.fates = fates;
  }

  @Override
  public Mono<EngineLink> join(InstanceId self, EngineListener listener) {
    return engine.join(self, new Unreliable(listener));
  }

  private final class Unreliable implements EngineListener {

    private final EngineListener listener;

    Unreliable(EngineListener listener) {
      this.listener = listener;
    }

    @Override
    public void message(InstanceId from, byte[] message) {
      Fate fate = fates.get();
      if (fate != Fate.LOST) {
        listener.message(from, message);
      }
      if (fate == Fate.REPEATED) {
        time.schedule(() -> listener.message(from, message), AGAIN_MILLIS, TimeUnit.MILLISECONDS);
      }
    }

    @Override
    public void members(Set<InstanceId> members) {
      listener.members(members);
    }

    @Override
    public void held(Holding holding) {
      listener.held(holding);
    }

    @Override
    public void released(Holding holding) {
      listener.released(holding);
    }

    @Override
    public void rule(AccessRule rule) {
      listener.rule(rule);
    }

    @Override
    public void lost() {
      listener.lost();
    }

    @Override
    public void missed() {
      listener.missed();
    }

    @Override
    public Collection<Holding> own() {
      return listener.own();
    }

    @Override
    public Collection<AccessRule> ownRules() {
      return listener.ownRules();
    }
  }
}
