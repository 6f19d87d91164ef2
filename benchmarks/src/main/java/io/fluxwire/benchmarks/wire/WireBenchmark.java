package io.fluxwire.benchmarks.wire;

import io.fluxwire.benchmarks.wire.FluxwireWire.Variant;
import io.fluxwire.benchmarks.wire.Measurements.Bulk;
import io.fluxwire.benchmarks.wire.Measurements.Idle;
import io.fluxwire.benchmarks.wire.Measurements.Meetings;
import io.fluxwire.benchmarks.wire.Measurements.RoundTrips;
import io.fluxwire.benchmarks.wire.Wire.Server;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.handshake.Dialect;
import io.fluxwire.handshake.UpgradePolicy;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.handler.ssl.OpenSsl;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import reactor.core.Disposable;

/** Fluxwire beside what a user would pick instead, over loopback. */
@Command(
    name = "fluxwire-bench",
    mixinStandardHelpOptions = true,
    description = {
      "Fluxwire beside plain TCP, TLS 1.3 and RSocket, its channels beside",
      "RSocket's resume, Redis Streams and NATS JetStream, and its BOLT 8 beside",
      "LDK, over loopback.",
      "Both ends are in this process but for two-processes; redis-server and",
      "nats-server are started where they are installed. The wires take turns, so",
      "that what the machine does meanwhile meets all of them."
    },
    footer = {
      "",
      "fluxwire-bench recovery: how soon a channel goes on that has 10 GB on disk.",
      "fluxwire-bench fleet: how soon peers are reached again when instances fail.",
      "fluxwire-bench stress: where threads meet, by jcstress."
    })
public final class WireBenchmark implements Callable<Integer> {

  private static final int LONG_WARM_UP = 5;
  private static final int PING = 64;
  private static final Duration CONNECTING = Duration.ofMillis(4);
  private static final int BULK = 16 * 1024;
  private static final int METERED = 1024;
  private static final int STORED = 1024;
  private static final int MANY = 64;
  private static final List<Integer> KEPT = List.of(1024, BULK);

  /** Brokers and disks take their time to start, and a smoke run has little. */
  private static final Measurements GLIMPSE =
      new Measurements(Duration.ofMillis(100), Duration.ofMillis(100));

  /** A message of BOLT 8 has up to 65,535 bytes. */
  private static final List<Integer> MESSAGES = List.of(64, 1024, BULK, 32 * 1024);

  private static final List<Integer> PROCESSES = List.of(1024, BULK);

  @Option(names = "--full", description = "The published page's run: all sizes, more rounds.")
  private boolean full;

  @Option(names = "--quick", description = "A look, under 3 minutes. This is the default.")
  private boolean quick;

  @Option(names = "--smoke", description = "A few seconds that only show that everything runs.")
  private boolean smoke;

  @Option(
      names = "--only",
      paramLabel = "NAME",
      split = ",",
      description =
          "Only these scenarios: ${COMPLETION-CANDIDATES}. A quick run leaves the last four out"
              + " unless they are named.")
  private List<Scenario> only = List.of();

  @Option(
      names = "--wires",
      paramLabel = "NAME",
      description = "Only wires whose names contain one of these.")
  private List<String> names = List.of();

  @Option(
      names = "--sizes",
      paramLabel = "BYTES",
      split = ",",
      description = "Other packet sizes for bulk and channels.")
  private List<Integer> sizes = List.of();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "How often each wire is measured. Default: 2, or 5 with --full.")
  private int rounds;

  @Option(
      names = "--congestion",
      paramLabel = "NAME",
      defaultValue = Congestion.USUAL,
      description =
          "TCP's congestion control; '"
              + Congestion.SYSTEMS
              + "' for what the system has."
              + " Default: ${DEFAULT-VALUE}.")
  private String congestionControl;

  @Option(
      names = "--store",
      paramLabel = "FOLDER",
      defaultValue = "benchmarks/target/stores",
      description =
          "Where channels and brokers store; deleted in the end. Name a disk: a file system in"
              + " memory syncs nothing. Default: ${DEFAULT-VALUE}.")
  private Path store;

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      defaultValue = "benchmarks/target/results",
      description = "Where the results go: JSON, Markdown, SVG. Default: ${DEFAULT-VALUE}.")
  private Path out;

  @Spec private CommandSpec command;

  private final Results results = new Results();

  /** What is measured. */
  private enum Scenario {
    BULK,
    CONNECTIONS,
    PING_PONG,
    REQUESTS,
    MEETINGS,
    STORM,
    IDLE,
    METERS,
    TWO_PROCESSES,
    CHANNELS,
    STORED_SENDS,
    LIGHTNING;

    /** As it is written on the command line. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * Runs the benchmarks and exits.
   *
   * @param args the command line
   */
  public static void main(String[] args) {
    System.exit(new CommandLine(new WireBenchmark()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    Plan plan = full ? Plan.FULL : smoke ? Plan.SMOKE : Plan.QUICK;
    if (rounds > 0) {
      plan = plan.withRounds(rounds);
    }
    Identities identities = Identities.create();
    try {
      run(plan, identities);
    } finally {
      identities.delete();
    }
    results.write(out);
    System.out.println("written to " + out);
    return 0;
  }

  private void run(Plan plan, Identities identities) throws IOException {
    Congestion congestion = Congestion.of(congestionControl);
    results.ranOn("congestion control", congestion.toString());
    results.ranOn("secp256k1", Secp256k1.preferred().name());
    if (!OpenSsl.isAvailable()) {
      System.out.println("no BoringSSL here: " + OpenSsl.unavailabilityCause());
    }
    List<Wire> allMoving = Wires.allThatMove(identities, congestion);
    List<Wire> allMeeting = Wires.allThatMeet(identities, congestion);
    List<OneWay> allKeeping = keeping(plan, identities, congestion);
    requireKnown(allMoving, allMeeting, allKeeping);
    List<Wire> wires = named(Wires.all(identities, congestion));
    List<Wire> moving = named(allMoving);
    List<OneWay> keeping = named(allKeeping);
    Measurements measure = new Measurements(plan.warmUp(), plan.time());
    if (does(Scenario.BULK)) {
      bulk(plan, moving, measure);
    }
    if (does(Scenario.CONNECTIONS)) {
      connections(plan, wires);
    }
    if (does(Scenario.PING_PONG)) {
      pingPong(plan, moving, measure);
    }
    if (does(Scenario.REQUESTS)) {
      requests(plan, wires, measure);
    }
    if (does(Scenario.MEETINGS)) {
      meetings(plan, named(allMeeting), measure);
    }
    if (does(Scenario.STORM)) {
      storm(plan, wires, measure);
    }
    if (does(Scenario.IDLE)) {
      idle(plan, wires, measure);
    }
    if (does(Scenario.METERS)) {
      meters(plan, identities, congestion);
    }
    if (does(Scenario.TWO_PROCESSES) && doesLong(plan)) {
      twoProcesses(plan, wires, identities, congestion);
    }
    if (does(Scenario.CHANNELS)) {
      channels(plan, keeping);
    }
    if (does(Scenario.STORED_SENDS)) {
      storedSends(plan, keeping);
    }
    if (does(Scenario.LIGHTNING) && doesLong(plan)) {
      lightning(plan, Wires.bolt8(identities, congestion), measure);
    }
  }

  /** The wires of the last two scenarios, where these are done. */
  private List<OneWay> keeping(Plan plan, Identities identities, Congestion congestion)
      throws IOException {
    if (!doesLong(plan) || !(does(Scenario.CHANNELS) || does(Scenario.STORED_SENDS))) {
      return List.of();
    }
    broker("redis-server", RedisProcess.version());
    broker("nats-server", NatsWire.version());
    return Wires.allThatKeep(identities, congestion, Scratch.in(store));
  }

  private void broker(String program, @Nullable String version) {
    if (version == null) {
      System.out.println("no " + program + " here: what needs it is left out");
    } else {
      results.ranOn(program, version);
    }
  }

  private boolean does(Scenario scenario) {
    return only.isEmpty() || only.contains(scenario);
  }

  /** Whether what takes long is done without being named. */
  private boolean doesLong(Plan plan) {
    return plan.all() || !only.isEmpty();
  }

  @SafeVarargs
  private void requireKnown(List<? extends OneWay>... lists) {
    List<String> known =
        Stream.of(lists).flatMap(List::stream).map(OneWay::name).distinct().toList();
    for (String name : names) {
      if (known.stream().noneMatch(wire -> wire.contains(name))) {
        throw new ParameterException(
            command.commandLine(),
            "no wire is named '%s' here: there are %s".formatted(name, String.join("; ", known)));
      }
    }
  }

  /** Those of a list that were asked for. */
  private <T extends OneWay> List<T> named(List<T> all) {
    return all.stream()
        .filter(wire -> names.isEmpty() || names.stream().anyMatch(wire.name()::contains))
        .toList();
  }

  private void bulk(Plan plan, List<Wire> wires, Measurements measure) {
    for (int size : sizes.isEmpty() ? plan.sizes() : sizes) {
      results.add("primitives", "JDK", size(size), "ns/packet", Primitives.nanosPerPacket(size));
      // The compiler takes its time.
      Measurements first = new Measurements(plan.warmUp(), plan.compilation());
      wires.forEach(wire -> first.bulk(wire, size, 1));
      for (int round = 0; round < plan.rounds(); round++) {
        for (Wire wire : wires) {
          Bulk bulk = measure.bulk(wire, size, 1);
          results.add("bulk", wire.name(), size(size), "MB/s", bulk.bytesPerSecond() / 1e6);
          results.add("bulk cpu", wire.name(), size(size), "ns/B", bulk.cpuNanosPerByte());
          results.add(
              "bulk allocation", wire.name(), size(size), "B/packet", bulk.allocatedPerPacket());
          results.add(
              "bulk on the wire", wire.name(), size(size), "B/packet", bulk.onTheWirePerPacket());
        }
      }
      results.tell("bulk", size(size));
    }
  }

  private void connections(Plan plan, List<Wire> wires) {
    for (int count : plan.connections()) {
      // All of them have to be there before it counts.
      Measurements measure =
          new Measurements(plan.warmUp().plus(CONNECTING.multipliedBy(count)), plan.time());
      for (int round = 0; round < plan.rounds(); round++) {
        for (Wire wire : wires) {
          Bulk bulk = measure.bulk(wire, BULK, count);
          results.add(
              "connections at a time",
              wire.name(),
              String.valueOf(count),
              "MB/s",
              bulk.bytesPerSecond() / 1e6);
        }
      }
      results.tell("connections at a time", String.valueOf(count));
    }
  }

  private void pingPong(Plan plan, List<Wire> wires, Measurements measure) {
    for (int round = 0; round <= plan.rounds(); round++) {
      for (Wire wire : wires) {
        Server server = wire.echoing();
        Histogram nanos = measure.pingPong(wire, PING, server);
        server.stop().dispose();
        if (round > 0) {
          latencies("ping-pong", wire, nanos);
        }
      }
    }
    results.tell("ping-pong", "p50");
    results.tell("ping-pong", "p99");
  }

  /** As ping-pong, with many requests under way on one connection. */
  private void requests(Plan plan, List<Wire> wires, Measurements measure) {
    String scenario = "requests, " + MANY + " at once";
    for (int round = 0; round <= plan.rounds(); round++) {
      for (Wire wire : wires) {
        if (wire instanceof Requests way) {
          RoundTrips made = measure.requests(wire, way, PING, MANY);
          if (round > 0) {
            results.add(scenario + ", rate", wire.name(), "", "1/s", made.perSecond());
            latencies(scenario, wire, made.nanos());
          }
        }
      }
    }
    results.tell(scenario + ", rate", "");
    results.tell(scenario, "p50");
    results.tell(scenario, "p99");
  }

  private void latencies(String scenario, OneWay wire, Histogram nanos) {
    results.add(scenario, wire.name(), "p50", "us", nanos.getValueAtPercentile(50) / 1e3);
    results.add(scenario, wire.name(), "p99", "us", nanos.getValueAtPercentile(99) / 1e3);
    results.add(scenario, wire.name(), "p99.9", "us", nanos.getValueAtPercentile(99.9) / 1e3);
  }

  private void meetings(Plan plan, List<Wire> wires, Measurements measure) {
    // Setting a connection up runs through much code once: it takes the compiler long.
    Measurements longer =
        new Measurements(plan.warmUp(), plan.compilation().multipliedBy(LONG_WARM_UP));
    wires.forEach(longer::meetings);
    for (int round = 0; round < plan.rounds(); round++) {
      for (Wire wire : wires) {
        Meetings met = measure.meetings(wire);
        results.add("new connections", wire.name(), "", "1/s", met.perSecond());
        results.add("new connections cpu", wire.name(), "", "us", met.cpuMicros());
      }
    }
    results.tell("new connections", "");
    results.tell("new connections cpu", "");
  }

  private void storm(Plan plan, List<Wire> wires, Measurements measure) {
    for (int round = 0; round < plan.rounds(); round++) {
      for (Wire wire : wires) {
        if (wire instanceof FluxwireWire) {
          Server server = wire.echoing();
          latencies("calm", wire, measure.pingPong(wire, PING, server));
          // The greeting server's clients are content with an echo of nothing: they only join.
          Server crowded = wire.greeting();
          Disposable storm = Measurements.storm(wire, crowded, new LongAdder());
          latencies("storm", wire, measure.pingPong(wire, PING, server));
          storm.dispose();
          crowded.stop().dispose();
          server.stop().dispose();
        }
      }
    }
    results.tell("calm", "p99");
    results.tell("storm", "p99");
  }

  private void idle(Plan plan, List<Wire> wires, Measurements measure) {
    for (Wire wire : wires) {
      Idle idle = measure.idle(wire, plan.idle());
      results.add("idle heap", wire.name(), String.valueOf(plan.idle()), "B", idle.heap());
      results.add("idle direct", wire.name(), String.valueOf(plan.idle()), "B", idle.direct());
    }
    results.tell("idle heap", String.valueOf(plan.idle()));
    results.tell("idle direct", String.valueOf(plan.idle()));
  }

  /** What a registry costs. */
  private void meters(Plan plan, Identities identities, Congestion congestion) throws IOException {
    List<Wire> wires =
        List.of(
            new FluxwireWire("Fluxwire", congestion, identities, Variant.UPGRADED),
            new FluxwireWire(
                "Fluxwire, metered",
                congestion,
                identities,
                new Variant(
                    Dialect.V3,
                    UpgradePolicy.required(),
                    new PrometheusMeterRegistry(PrometheusConfig.DEFAULT))));
    Measurements first = new Measurements(plan.warmUp(), plan.compilation());
    Measurements measure = new Measurements(plan.warmUp(), plan.time());
    wires.forEach(wire -> first.bulk(wire, METERED, 1));
    for (int round = 0; round < plan.rounds(); round++) {
      for (Wire wire : wires) {
        Bulk bulk = measure.bulk(wire, METERED, 1);
        results.add("meters", wire.name(), size(METERED), "MB/s", bulk.bytesPerSecond() / 1e6);
      }
    }
    results.tell("meters", size(METERED));
  }

  /** As bulk and ping-pong, with servers that have a process and a compiler of their own. */
  private void twoProcesses(
      Plan plan, List<Wire> wires, Identities identities, Congestion congestion)
      throws IOException {
    Measurements measure = new Measurements(plan.compilation(), plan.time());
    for (int size : PROCESSES) {
      for (int round = 0; round < plan.rounds(); round++) {
        for (Wire wire : wires) {
          Server server = ServerProcess.start(identities, congestion, wire, size);
          Bulk bulk = measure.bulk(wire, size, 1, server);
          server.stop().dispose();
          results.add(
              "bulk, two processes", wire.name(), size(size), "MB/s", bulk.bytesPerSecond() / 1e6);
        }
      }
      results.tell("bulk, two processes", size(size));
    }
    for (int round = 0; round < plan.rounds(); round++) {
      for (Wire wire : wires) {
        Server server = ServerProcess.start(identities, congestion, wire, 0);
        latencies("ping-pong, two processes", wire, measure.pingPong(wire, PING, server));
        server.stop().dispose();
      }
    }
    results.tell("ping-pong, two processes", "p50");
  }

  /** As bulk, of what outlives a connection. */
  private void channels(Plan plan, List<OneWay> ways) {
    Measurements first = new Measurements(plan.warmUp(), plan.compilation());
    Measurements measure = smoke ? GLIMPSE : new Measurements(plan.warmUp(), plan.time());
    for (int size : sizes.isEmpty() ? smoke ? plan.sizes() : KEPT : sizes) {
      if (!smoke) {
        ways.forEach(way -> first.bulk(way, size));
      }
      for (int round = 0; round < plan.rounds(); round++) {
        for (OneWay way : ways) {
          Bulk bulk = measure.bulk(way, size);
          results.add("channels", way.name(), size(size), "MB/s", bulk.bytesPerSecond() / 1e6);
          results.add("channels cpu", way.name(), size(size), "ns/B", bulk.cpuNanosPerByte());
          results.add(
              "channels allocation", way.name(), size(size), "B/packet", bulk.allocatedPerPacket());
        }
      }
      results.tell("channels", size(size));
    }
  }

  private void storedSends(Plan plan, List<OneWay> ways) {
    Measurements measure = smoke ? GLIMPSE : new Measurements(plan.warmUp(), plan.time());
    for (int atOnce : smoke ? List.of(MANY) : List.of(1, MANY)) {
      String scenario = "stored sends, " + (atOnce == 1 ? "one at a time" : atOnce + " at once");
      for (int round = smoke ? 1 : 0; round <= plan.rounds(); round++) {
        for (OneWay way : ways) {
          if (way instanceof StoredSends sends) {
            Histogram nanos = measure.storedSends(sends, STORED, atOnce);
            if (round > 0) {
              latencies(scenario, way, nanos);
            }
          }
        }
      }
      results.tell(scenario, "p50");
      results.tell(scenario, "p99");
    }
  }

  /** Bulk and new connections of BOLT 8. LDK has no library for other platforms. */
  private void lightning(Plan plan, FluxwireWire ours, Measurements measure) {
    if (!LdkWire.runsHere()) {
      System.out.println("no LDK here: its jar has a library for Linux on x86-64");
      return;
    }
    LdkWire ldk = new LdkWire();
    Measurements first = new Measurements(plan.warmUp(), plan.compilation());
    for (int size : sizes.isEmpty() ? smoke ? plan.sizes() : MESSAGES : sizes) {
      List<OneWay> ways = List.of(ours, ldk);
      ways.forEach(way -> first.bulk(way, size));
      for (int round = 0; round < plan.rounds(); round++) {
        for (OneWay way : ways) {
          Bulk bulk = measure.bulk(way, size);
          results.add("lightning", way.name(), size(size), "MB/s", bulk.bytesPerSecond() / 1e6);
          results.add("lightning cpu", way.name(), size(size), "ns/B", bulk.cpuNanosPerByte());
        }
      }
      results.tell("lightning", size(size));
    }
    List<Meets> meets = List.of(ours, ldk);
    Measurements longer =
        new Measurements(plan.warmUp(), plan.compilation().multipliedBy(smoke ? 1 : LONG_WARM_UP));
    meets.forEach(longer::meetings);
    for (int round = 0; round < plan.rounds(); round++) {
      for (Meets way : meets) {
        Meetings met = measure.meetings(way);
        results.add("lightning, new connections", way.name(), "", "1/s", met.perSecond());
        results.add("lightning, new connections cpu", way.name(), "", "us", met.cpuMicros());
      }
    }
    results.tell("lightning, new connections", "");
    results.tell("lightning, new connections cpu", "");
  }

  static String size(int bytes) {
    return bytes < 1024
        ? bytes + " B"
        : bytes < 1024 * 1024 ? bytes / 1024 + " KiB" : bytes / 1024 / 1024 + " MiB";
  }

  /** How much of everything. */
  private record Plan(
      int rounds,
      Duration compilation,
      Duration warmUp,
      Duration time,
      List<Integer> sizes,
      List<Integer> connections,
      int idle,
      boolean all) {

    static final Plan SMOKE =
        new Plan(
            1,
            Duration.ofMillis(400),
            Duration.ofMillis(400),
            Duration.ofMillis(200),
            List.of(1024),
            List.of(10),
            100,
            true);
    static final Plan QUICK =
        new Plan(
            2,
            Duration.ofMillis(800),
            Duration.ofMillis(300),
            Duration.ofMillis(700),
            List.of(1024, 16 * 1024),
            List.of(100),
            1_000,
            false);
    static final Plan FULL =
        new Plan(
            5,
            Duration.ofMillis(4000),
            Duration.ofMillis(500),
            Duration.ofMillis(1500),
            List.of(64, 1024, 16 * 1024, 64 * 1024, 1024 * 1024),
            List.of(1, 10, 100, 1_000),
            5_000,
            true);

    Plan withRounds(int other) {
      return new Plan(other, compilation, warmUp, time, sizes, connections, idle, all);
    }
  }
}
