package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.EngineListener;
import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.fleet.engine.MemoryEngine;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Instances of one node on an engine in memory, in virtual time. */
final class TestFleet {

  static final NodeId NODE = NodeKey.generate().id();

  static final PacketCodec<String> TEXT =
      new PacketCodec<>() {
        @Override
        public ByteBuf encode(String packet, ByteBufAllocator allocator) {
          return ByteBufUtil.writeUtf8(allocator, packet);
        }

        @Override
        public String decode(ByteBuf payload) {
          return payload.toString(StandardCharsets.UTF_8);
        }
      };

  final VirtualTimeScheduler time = VirtualTimeScheduler.create();

  /** How long what the engine tells is on its way. */
  LongSupplier latencyMillis = () -> 0;

  final MemoryEngine engine =
      MemoryEngine.create(clock(), new SlowScheduler(time, () -> latencyMillis.getAsLong()));

  /** What stands before the engine for those that join from now on. */
  UnaryOperator<FleetEngine> wrapping = same -> same;

  TestFleet() {
    advance(Duration.ofDays(1));
  }

  Clock clock() {
    return new Clock() {
      @Override
      public ZoneId getZone() {
        return ZoneOffset.UTC;
      }

      @Override
      public Clock withZone(ZoneId zone) {
        return this;
      }

      @Override
      public Instant instant() {
        return Instant.ofEpochMilli(time.now(TimeUnit.MILLISECONDS));
      }
    };
  }

  void advance(Duration by) {
    time.advanceTimeBy(by);
  }

  /** Lets what is due now happen. */
  void settle() {
    advance(Duration.ofMillis(1));
  }

  Instance join(String name) {
    return join(name, spec -> spec);
  }

  Instance join(String name, UnaryOperator<FleetSpec> settings) {
    Instance instance = make(name, settings);
    instance.fleet.join().subscribe();
    settle();
    return instance;
  }

  Instance make(String name, UnaryOperator<FleetSpec> settings) {
    PeerGroup<String> local = PeerGroup.of(NODE, time);
    local.receive().subscribe();
    FleetSpec spec = settings.apply(FleetSpec.of(name).scheduler(time));
    return new Instance(this, FleetGroup.of(local, TEXT, wrapping.apply(engine), spec));
  }

  /** A rule of a member that checks nothing. */
  void set(AccessRule rule) {
    withMember(link -> link.set(rule));
  }

  /** A message of a member that keeps to nothing. */
  void sendRaw(InstanceId to, byte[] message) {
    withMember(link -> link.send(to, message));
  }

  private void withMember(Function<EngineLink, Mono<Void>> action) {
    EngineListener deaf =
        new EngineListener() {
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
        };
    Disposable member =
        engine
            .join(InstanceId.random("raw"), deaf)
            .flatMap(link -> action.apply(link).then(Mono.defer(link::leave)))
            .subscribe();
    settle();
    member.dispose();
  }

  static NodeId peer() {
    return NodeKey.generate().id();
  }

  /** How a send ended. */
  static final class Outcome {

    boolean completed;
    final List<Throwable> failures = new ArrayList<>();

    static Outcome of(Mono<Void> send) {
      Outcome outcome = new Outcome();
      send.subscribe(null, outcome.failures::add, () -> outcome.completed = true);
      return outcome;
    }

    FleetSendException failure() {
      return (FleetSendException) failures.get(0);
    }

    boolean isOver() {
      return completed || !failures.isEmpty();
    }
  }

  /** One instance. */
  record Instance(TestFleet of, FleetGroup<String> fleet) {

    FakeConnection connect(NodeId peer) {
      FakeConnection connection = new FakeConnection(peer);
      accept(connection);
      return connection;
    }

    void accept(FakeConnection connection) {
      fleet.local().accept(connection).subscribe();
      of.settle();
    }
  }
}
