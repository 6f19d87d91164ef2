package io.fluxwire.page;

import io.fluxwire.fleet.FleetGroup;
import io.fluxwire.fleet.FleetSpec;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.EngineListener;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.fleet.engine.MemoryEngine;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** A fleet whose other instances have peers without having connections. */
final class FakeFleet {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final MemoryEngine engine = MemoryEngine.create();

  /** Of this instance. */
  private EngineListener listener;

  final FleetGroup<Pkt> group =
      FleetGroup.of(
          PeerGroup.of(NodeKey.generate().id()),
          PacketCodec.pkt(),
          (self, told) -> {
            listener = told;
            return engine.join(self, told);
          },
          FleetSpec.of("self"));

  FakeFleet join() {
    group.join().block(LIMIT);
    return this;
  }

  /** As when the engine is gone. */
  void lose() {
    listener.lost();
  }

  /** Another instance. */
  InstanceId other(String name, int peers) {
    InstanceId id = InstanceId.random(name);
    EngineLink link = engine.join(id, new Deaf()).block(LIMIT);
    for (int i = 0; i < peers; i++) {
      link.hold(NodeKey.generate().id(), i).block(LIMIT);
    }
    return id;
  }

  private static final class Deaf implements EngineListener {

    @Override
    public void members(Set<InstanceId> members) {}

    @Override
    public void held(Holding holding) {}

    @Override
    public void released(Holding holding) {}

    @Override
    public void rule(AccessRule rule) {}

    @Override
    public void message(InstanceId from, byte[] message) {}

    @Override
    public void missed() {}

    @Override
    public Collection<Holding> own() {
      return List.of();
    }

    @Override
    public Collection<AccessRule> ownRules() {
      return List.of();
    }
  }
}
