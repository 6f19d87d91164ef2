package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.fleet.engine.MemoryEngine;
import io.fluxwire.group.PeerGroup;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * What a fleet costs, by number of instances and peers: {@code main} takes both, 100 and 1,000,000
 * without arguments, and needs some 6 GB then. The engine is the one in memory and runs on the
 * calling thread, so that what is measured is the fleet and not somebody's network.
 */
final class FleetScale {

  private static final int LOCAL_PAIRS = 500;
  private static final int LOCAL_SENDS = 5_000;

  private final int instances;
  private final int peers;
  private final MemoryEngine engine =
      MemoryEngine.create(Clock.systemUTC(), Schedulers.immediate());
  private final List<NodeId> ids;
  private final List<PeerGroup<String>> locals = new ArrayList<>();
  private final List<FleetGroup<String>> fleets = new ArrayList<>();

  private FleetScale(int instances, int peers) {
    this.instances = instances;
    this.peers = peers;
    this.ids = IntStream.range(0, peers).parallel().mapToObj(FleetScale::id).toList();
  }

  /** Some point of the curve; half of all numbers are one. */
  private static NodeId id(int number) {
    SplittableRandom random = new SplittableRandom(number);
    byte[] bytes = new byte[NodeId.SIZE];
    while (true) {
      random.nextBytes(bytes);
      bytes[0] = 2;
      try {
        return NodeId.of(bytes);
      } catch (IllegalArgumentException e) {
        // Another one.
      }
    }
  }

  private static long heap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private void connectAll() {
    for (int i = 0; i < instances; i++) {
      PeerGroup<String> local = PeerGroup.of(TestFleet.NODE);
      locals.add(local);
    }
    for (int i = 0; i < peers; i++) {
      locals.get(i % instances).accept(new FakeConnection(ids.get(i))).subscribe();
    }
  }

  private void joinAll() {
    for (int i = 0; i < instances; i++) {
      FleetGroup<String> fleet =
          FleetGroup.of(locals.get(i), TestFleet.TEXT, engine, FleetSpec.of("gateway-" + i));
      fleets.add(fleet);
    }
    // All are there before the first peer is told of: each of the rows goes to all of them.
    for (FleetGroup<String> fleet : fleets) {
      fleet.join().block();
    }
  }

  private static double seconds(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e9;
  }

  private static double nanos(int times, Runnable work) {
    double best = Double.MAX_VALUE;
    for (int round = 0; round < 5; round++) {
      long start = System.nanoTime();
      for (int i = 0; i < times; i++) {
        work.run();
      }
      best = Math.min(best, (System.nanoTime() - start) / (double) times);
    }
    return best;
  }

  private void run() {
    long before = heap();
    connectAll();
    long connected = heap();
    System.out.printf("%,d instances, %,d peers%n", instances, peers);
    System.out.printf("groups and connections: %,d bytes a peer%n", (connected - before) / peers);
    double joining = seconds(this::joinAll);
    long joined = heap();
    System.out.printf(
        "joining with all peers: %.1f s; %,d bytes a peer for the fleet and the engine%n",
        joining, (joined - connected) / peers);
    connecting();
    sending();
    watching(joined);
    dialling();
  }

  /** Each peer is a row that goes to all instances. */
  private void connecting() {
    int times = Math.min(2_000, peers);
    double each =
        seconds(
                () -> {
                  for (int i = 0; i < times; i++) {
                    NodeId again = ids.get(i);
                    locals.get(i % instances).accept(new FakeConnection(again)).subscribe();
                  }
                })
            / times;
    System.out.printf(
        "a connect: %.0f us over all %d instances, %d rows told and no other message%n",
        each * 1e6, instances, instances);
  }

  /** In turns of some milliseconds: what the machine does otherwise changes more than this. */
  private void local() {
    NodeId near = ids.get(0);
    FakeConnection connection = new FakeConnection(near);
    locals.get(0).accept(connection).subscribe();
    Mono<Void> group = Mono.defer(() -> locals.get(0).send(near, Mono.just("packet")));
    Mono<Void> fleet = Mono.defer(() -> fleets.get(0).send(near, Mono.just("packet")));
    List<Double> byGroup = new ArrayList<>();
    List<Double> byFleet = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    for (int pair = 0; pair < 2 * LOCAL_PAIRS; pair++) {
      boolean groupFirst = pair % 2 == 0;
      double first = sends(groupFirst ? group : fleet, connection);
      double second = sends(groupFirst ? fleet : group, connection);
      // Those of the first half only warm up.
      if (pair >= LOCAL_PAIRS) {
        byGroup.add(groupFirst ? first : second);
        byFleet.add(groupFirst ? second : first);
        ratios.add(groupFirst ? second / first : first / second);
      }
    }
    System.out.printf(
        "a local send: %.0f ns by the group, %.0f ns by the fleet; of %d pairs of turns, the fleet"
            + " took %.3f times as long in the middle one%n",
        median(byGroup), median(byFleet), LOCAL_PAIRS, median(ratios));
  }

  private static double sends(Mono<Void> send, FakeConnection connection) {
    connection.written.clear();
    long start = System.nanoTime();
    for (int i = 0; i < LOCAL_SENDS; i++) {
      send.subscribe();
    }
    return (System.nanoTime() - start) / (double) LOCAL_SENDS;
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }

  private void sending() {
    local();
    NodeId far = ids.get(1);
    System.out.printf(
        "a send of one packet to another instance: %.1f us%n",
        nanos(20_000, () -> fleets.get(0).send(far, Mono.just("packet")).subscribe()) / 1e3);
    Flux<String> many = Flux.range(0, 200_000).map(i -> "packet");
    System.out.printf(
        "packets of one long send: %.2f us each%n",
        nanos(1, () -> fleets.get(0).send(far, many).subscribe()) / 200_000 / 1e3);
  }

  private void watching(long joined) {
    AtomicLong changes = new AtomicLong();
    Disposable[] watching = new Disposable[1];
    double loading =
        seconds(
            () ->
                watching[0] =
                    fleets.get(0).changes().subscribe(change -> changes.incrementAndGet()));
    System.out.printf(
        "changes(): %,d at the beginning in %.1f s; %,d bytes a peer for the copy%n",
        changes.get(), loading, (heap() - joined) / peers);
    watching[0].dispose();
  }

  private void dialling() {
    int dials = Math.min(10_000, peers);
    for (FleetGroup<String> fleet : List.of(fleets.get(0), fleets.get(1))) {
      for (int i = 0; i < dials; i++) {
        fleet.dial(ids.get(peers - 1 - i), permission -> Flux.never());
      }
    }
    InstanceId gone = fleets.get(instances - 1).self();
    double members = seconds(() -> engine.kill(gone));
    System.out.printf(
        "an instance goes: %.0f ms until %d others have seen it and two of them have divided %,d"
            + " dials anew%n",
        members * 1e3, instances - 1, dials);
  }

  /** Waits for nothing and leaves the threads of Reactor, which are daemons. */
  public static void main(String[] arguments) {
    int instances = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 100;
    int peers = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1_000_000;
    new FleetScale(instances, peers).run();
  }
}
