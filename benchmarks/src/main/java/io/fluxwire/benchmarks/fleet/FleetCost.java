package io.fluxwire.benchmarks.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.FleetGroup;
import io.fluxwire.fleet.FleetSpec;
import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.engine.MemoryEngine;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** What packets to peers of another instance cost, and connects, by engine. */
@Command(
    name = "fluxwire-bench fleet-cost",
    mixinStandardHelpOptions = true,
    description = {
      "Two instances in one process, and the server of their engine where it has one.",
      "The peers are connected to one of the two and take everything at once, so that",
      "what is measured is the fleet and its engine. Processor time is that of the",
      "process and the server together; bytes are those over the loopback interface,",
      "with TCP's own, in as far as nobody else uses it."
    })
public final class FleetCost implements Callable<Integer> {

  private static final String HOST = "127.0.0.1";
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration AGAIN = Duration.ofMillis(5);

  /** Of a packet. */
  private static final int BYTES = 100;

  private static final int CONNECTS = 2_000;

  @Option(
      names = "--engine",
      split = ",",
      description = "Which, besides memory: ${COMPLETION-CANDIDATES}. All by default.")
  private List<TrialEngine> engines = List.of(TrialEngine.values());

  @Option(names = "--rounds", description = "How many, of which the last one is shown; 4.")
  private int rounds = 4;

  private final List<NodeId> ids = TrialKeys.peers(1 + 2 * CONNECTS);

  public static void main(String[] args) {
    System.exit(
        new CommandLine(new FleetCost()).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    MemoryEngine memory = MemoryEngine.create();
    measure("MEMORY", memory, memory, null);
    for (TrialEngine engine : engines) {
      if (engine.program() != null && TrialServer.version(engine) == null) {
        System.out.println(engine + ": there is no " + engine.program() + " here; left out");
      } else {
        measure(engine);
      }
    }
    return 0;
  }

  private void measure(TrialEngine engine) throws IOException {
    TrialServer server = engine.program() == null ? null : TrialServer.start(engine, HOST);
    int first = TrialEngine.MEMBERS_PORT;
    String where =
        server == null
            ? "%s:%d,%s:%d".formatted(HOST, first, HOST, first + 1)
            : HOST + ":" + server.port();
    try {
      measure(
          engine.name(),
          engine.create(HOST, first, where),
          engine.create(HOST, first + 1, where),
          server);
    } finally {
      if (server != null) {
        server.kill();
      }
    }
  }

  private void measure(
      String name, FleetEngine one, FleetEngine other, @Nullable TrialServer server) {
    try (FleetGroup<ByteBuf> here = join(one, "here");
        FleetGroup<ByteBuf> there = join(other, "there")) {
      await(Mono.fromSupplier(() -> here.members().size() == 2 && there.members().size() == 2));
      NodeId far = ids.get(0);
      connect(there, far);
      await(here.whereIs(far).map(there.self()::equals).defaultIfEmpty(false));
      for (int round = 1; round <= rounds; round++) {
        boolean last = round == rounds;
        CostMeter meter = new CostMeter(name, server, last);
        meter.measure("a send, one after another", 2_000, times -> sends(here, far, times, 1));
        meter.measure("a send, 128 at a time", 20_000, times -> sends(here, far, times, 128));
        meter.measure("a packet of a long send", 100_000, times -> packets(here, far, times));
        meter.measure(
            "a send at the instance itself", 20_000, times -> sends(there, far, times, 1));
      }
      connects(here, there, new CostMeter(name, server, true));
    }
  }

  private static FleetGroup<ByteBuf> join(FleetEngine engine, String name) {
    FleetGroup<ByteBuf> fleet =
        FleetGroup.of(
            PeerGroup.of(TrialKeys.node().id()), PacketCodec.raw(), engine, FleetSpec.of(name));
    fleet.join().retryWhen(Retry.fixedDelay(100, AGAIN)).block(LIMIT);
    return fleet;
  }

  private static void connect(FleetGroup<ByteBuf> fleet, NodeId peer) {
    fleet.local().accept(new TakingConnection(peer)).subscribe();
  }

  private static void await(Mono<Boolean> condition) {
    condition
        .filter(met -> met)
        .switchIfEmpty(Mono.error(IllegalStateException::new))
        .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, AGAIN))
        .block(LIMIT);
  }

  private static void sends(FleetGroup<ByteBuf> from, NodeId to, int times, int atOnce) {
    Flux.range(0, times)
        .flatMap(i -> from.send(to, Mono.fromSupplier(FleetCost::packet)), atOnce)
        .blockLast(LIMIT);
  }

  private static void packets(FleetGroup<ByteBuf> from, NodeId to, int times) {
    from.send(to, Flux.range(0, times).map(i -> packet())).block(LIMIT);
  }

  private static ByteBuf packet() {
    return Unpooled.buffer(BYTES).writeZero(BYTES);
  }

  /** A connect lasts until the other instance knows of it. */
  private void connects(FleetGroup<ByteBuf> here, FleetGroup<ByteBuf> there, CostMeter meter) {
    Semaphore known = new Semaphore(0);
    Disposable watching = here.changes().subscribe(change -> known.release());
    List<NodeId> some = ids.subList(1, 1 + CONNECTS);
    List<NodeId> others = ids.subList(1 + CONNECTS, 1 + 2 * CONNECTS);
    known.acquireUninterruptibly();
    meter.measure(
        "a connect, one after another",
        CONNECTS,
        times ->
            some.forEach(
                peer -> {
                  connect(there, peer);
                  known.acquireUninterruptibly();
                }));
    meter.measure(
        "a connect, all at once",
        CONNECTS,
        times -> {
          others.forEach(peer -> connect(there, peer));
          known.acquireUninterruptibly(times);
        });
    watching.dispose();
  }
}
