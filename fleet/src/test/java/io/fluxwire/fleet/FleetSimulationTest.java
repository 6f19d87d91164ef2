package io.fluxwire.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.Reason;
import io.fluxwire.fleet.TestFleet.Instance;
import io.fluxwire.fleet.TestFleet.Outcome;
import io.fluxwire.fleet.engine.InstanceId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;

/**
 * Instances come, are killed and cut off, peers wander, the engine starts again and loses and
 * repeats messages, while everybody sends to everybody. No packet is delivered twice, whoever sends
 * learns the truth, and once there is peace every peer is reached from everywhere.
 */
class FleetSimulationTest {

  private static final int INSTANCES = 5;
  private static final int PEERS = 12;
  private static final int STEPS = 1500;

  /** Within this time of peace each peer is reached again. */
  private static final Duration HEALED = FleetSpec.DUPLICATE_LINGER.plusSeconds(15);

  /** Node ids cost time to make. */
  private static final List<NodeId> IDS =
      Flux.range(0, PEERS).map(i -> TestFleet.peer()).collectList().block();

  private final TestFleet fleet = new TestFleet();
  private final List<Instance> instances = new ArrayList<>();
  private final Map<NodeId, List<FakeConnection>> connections = new HashMap<>();
  private final List<Sent> sends = new ArrayList<>();
  private Random random = new Random();
  private boolean isCalm;
  private int names;
  private int numbers;

  private record Sent(NodeId to, int number, int packets, Outcome outcome) {

    String packet(int index) {
      return number + "-" + index;
    }
  }

  private <T> T any(List<T> some) {
    return some.get(random.nextInt(some.size()));
  }

  private UnreliableEngine.Fate fate() {
    int luck = isCalm ? 1000 : random.nextInt(1000);
    if (luck < 5) {
      return UnreliableEngine.Fate.LOST;
    }
    return luck < 25 ? UnreliableEngine.Fate.REPEATED : UnreliableEngine.Fate.ARRIVES;
  }

  private void join() {
    names++;
    instances.add(fleet.join("instance-" + names));
  }

  private void connect(NodeId peer) {
    FakeConnection connection = new FakeConnection(peer);
    connections.computeIfAbsent(peer, first -> new ArrayList<>()).add(connection);
    any(instances).fleet().local().accept(connection).subscribe();
  }

  private List<FakeConnection> open(NodeId peer) {
    return connections.getOrDefault(peer, List.of()).stream()
        .filter(connection -> !connection.isDisposed())
        .toList();
  }

  private void send(Instance from, NodeId to, int packets) {
    numbers++;
    int number = numbers;
    Flux<String> source = Flux.range(0, packets).map(index -> number + "-" + index);
    Duration wait = random.nextBoolean() ? Duration.ZERO : Duration.ofSeconds(2);
    Outcome outcome =
        Outcome.of(from.fleet().send(to, packets == 1 ? source.next() : source, wait));
    sends.add(new Sent(to, number, packets, outcome));
  }

  private void step() {
    NodeId peer = any(IDS);
    int luck = random.nextInt(1000);
    if (luck < 500) {
      send(any(instances), peer, random.nextInt(3) == 0 ? 1 + random.nextInt(300) : 1);
    } else if (luck < 700) {
      connect(peer);
    } else if (luck < 800) {
      open(peer).stream().findAny().ifPresent(one -> one.end(Reason.CLOSED_BY_PEER));
    } else if (luck < 860) {
      open(peer).stream().findAny().ifPresent(FakeConnection::stall);
    } else if (luck < 940) {
      open(peer).forEach(one -> one.take(random.nextInt(200)));
    } else if (luck < 955) {
      kill(any(instances));
    } else if (luck < 970) {
      fleet.engine.partition(
          instances.stream().filter(one -> random.nextBoolean()).map(this::id).toList());
    } else if (luck < 985) {
      fleet.engine.partition(List.of());
    } else if (luck < 990) {
      fleet.engine.restart();
    }
    fleet.advance(Duration.ofMillis(random.nextInt(200)));
  }

  private InstanceId id(Instance instance) {
    return instance.fleet().self();
  }

  /** The process is gone: what it had ends, and what it was about to write is not written. */
  private void kill(Instance instance) {
    fleet.engine.kill(id(instance));
    instances.remove(instance);
    instance.fleet().dispose();
    join();
  }

  private void peace() {
    fleet.latencyMillis = () -> 5;
    fleet.engine.partition(List.of());
    connections.values().forEach(all -> all.forEach(one -> one.take(Long.MAX_VALUE)));
    for (NodeId peer : IDS) {
      if (open(peer).isEmpty()) {
        connect(peer);
      }
    }
    fleet.advance(HEALED);
    // Who is told that it has another connection does not dial; a peer whose last one was lost
    // does.
    for (NodeId peer : IDS) {
      assertThat(open(peer)).hasSize(1);
    }
  }

  private void assertTruth() {
    for (NodeId peer : IDS) {
      Set<String> got = new HashSet<>();
      for (FakeConnection connection : connections.getOrDefault(peer, List.of())) {
        for (String packet : connection.written) {
          assertThat(got.add(packet)).as("%s is delivered once", packet).isTrue();
        }
      }
      sends.stream().filter(sent -> sent.to.equals(peer)).forEach(sent -> assertTruth(sent, got));
    }
  }

  private static void assertTruth(Sent sent, Set<String> got) {
    long surely = 0;
    long atMost = sent.packets;
    if (sent.outcome.completed) {
      surely = sent.packets;
    } else if (sent.outcome.failures.get(0) instanceof FleetSendException failure) {
      surely = failure.delivered();
      atMost = failure.delivered() + failure.unknown();
    }
    for (int index = 0; index < sent.packets; index++) {
      boolean delivered = got.contains(sent.packet(index));
      String what = "packet %s of %s, %s".formatted(index, sent, sent.outcome.failures);
      assertThat(delivered || index >= surely).as(what).isTrue();
      assertThat(!delivered || index < atMost).as(what).isTrue();
    }
  }

  /** With {@code -Dfleet.seeds=1000}, as many as that. */
  static LongStream seeds() {
    return LongStream.rangeClosed(1, Integer.getInteger("fleet.seeds", 4));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void itIsSafeAndHeals(long seed) {
    random = new Random(seed);
    fleet.latencyMillis = () -> random.nextInt(50);
    fleet.wrapping = engine -> new UnreliableEngine(engine, fleet.time, this::fate);
    for (int i = 0; i < INSTANCES; i++) {
      join();
    }
    for (int i = 0; i < STEPS; i++) {
      step();
    }
    peace();
    assertThat(sends).allSatisfy(sent -> assertThat(sent.outcome.isOver()).isTrue());
    assertTruth();
    assertThat(sends.stream().filter(sent -> sent.outcome.completed).count()).isGreaterThan(200);

    isCalm = true;
    List<Sent> before = List.copyOf(sends);
    for (Instance from : instances) {
      for (NodeId peer : IDS) {
        send(from, peer, 1);
      }
    }
    fleet.advance(Duration.ofMinutes(2));
    sends.removeAll(before);
    assertThat(sends).hasSize(INSTANCES * PEERS).allMatch(sent -> sent.outcome.completed);
    assertTruth();
    for (Instance instance : instances) {
      assertThat(instance.fleet().snapshot().sending()).isZero();
      assertThat(instance.fleet().snapshot().receiving()).isZero();
      assertThat(instance.fleet().snapshot().pendingBytes()).isZero();
    }
  }
}
