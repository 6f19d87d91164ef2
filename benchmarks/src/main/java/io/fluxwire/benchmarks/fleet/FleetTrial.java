package io.fluxwire.benchmarks.fleet;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * A fleet of processes whose peers stay reachable, or not, while instances and the engine fail by
 * turns.
 */
@Command(
    name = "fluxwire-bench fleet",
    mixinStandardHelpOptions = true,
    description = {
      "Instances of one node as processes, each in a network namespace of its own",
      "where there are some, peers that dial them, and peers that they dial. After",
      "each fault, every instance sends a packet to every peer until all of them",
      "were reached. The peers count packets that come twice, and those that are",
      "dialled see for how long they had two connections, or none. Ends with 1 if a",
      "peer was not reached, or does not come to have one connection, or if a packet",
      "came twice."
    })
public final class FleetTrial implements Callable<Integer> {

  private static final String LOOPBACK_PORTS = "an address for all: no namespaces, no partition";

  @Option(
      names = "--engine",
      split = ",",
      description = "Which engines: ${COMPLETION-CANDIDATES}. All by default.")
  private List<TrialEngine> engines = List.of(TrialEngine.values());

  @Option(names = "--peers", description = "How many peers; 2,000 by default.")
  private int peers = 2_000;

  @Option(names = "--dials", description = "How many peers the fleet dials; 200 by default.")
  private int dials = 200;

  @Option(
      names = "--dial-quorum",
      description = "How many instances a part of the fleet has to have to dial; 1 by default.")
  private int dialQuorum = 1;

  @Option(names = "--instances", description = "How many instances, 3 or more; 3 by default.")
  private int count = 3;

  @Option(
      names = "--faults",
      split = ",",
      description = "Which faults: ${COMPLETION-CANDIDATES}. All by default.")
  private List<Fault> faults = List.of(Fault.values());

  @Option(names = "--limit", description = "How many seconds a peer may be out of reach; 90.")
  private int limit = 90;

  /** What happens to a fleet. */
  enum Fault {
    /** Nothing: the measure for the others. */
    NONE,
    /** An instance is killed; it starts again afterwards. */
    KILL,
    /** An instance is stopped until its peers have left it, and goes on. */
    STOP,
    /** An instance is cut off from the engine and the others, but not from its peers, for 20 s. */
    PARTITION,
    /** The engine's server is killed, and starts again with nothing. */
    ENGINE,
    /** The instances leave and start again, one after the other. */
    ROLLING,
    /** As the one before, while channels carry packets to whichever instance they reach. */
    CHANNELS
  }

  /** Where channels are stored, and where instances write down what came by them. */
  private record Channels(String store, Path folder) {}

  private final TrialNetwork network = new TrialNetwork();
  private final Map<Integer, TrialInstance> instances = new TreeMap<>();
  private @Nullable TrialServer server;
  private @Nullable TrialDials dialled;
  private @Nullable Channels channels;
  private boolean failed;

  public static void main(String[] args) {
    System.exit(
        new CommandLine(new FleetTrial()).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    if (!network.canCut()) {
      System.out.println(LOOPBACK_PORTS);
    }
    for (int i = 0; i < count; i++) {
      network.add(i);
    }
    TrialDials listening = new TrialDials(dials, network.peers());
    dialled = listening;
    for (TrialEngine engine : engines) {
      if (engine.program() != null && TrialServer.version(engine) == null) {
        System.out.println(engine + ": there is no " + engine.program() + " here; left out");
      } else {
        run(engine);
      }
    }
    listening.dispose();
    return failed ? 1 : 0;
  }

  private void run(TrialEngine engine) throws IOException {
    server = engine.program() == null ? null : TrialServer.start(engine, network.server());
    for (int i = 0; i < count; i++) {
      start(engine, i);
    }
    Objects.requireNonNull(dialled).begin();
    long began = System.nanoTime();
    TrialPeers dialling =
        new TrialPeers(peers, IntStream.range(0, count).mapToObj(this::address).toList());
    try {
      System.out.printf(
          "%-8s %-30s %d ms%n",
          engine, "all peers connected after", (System.nanoTime() - began) / 1_000_000);
      report(engine, "start", reach(List.copyOf(instances.keySet())), dialling);
      for (Fault fault : faults) {
        inflict(engine, fault, dialling);
      }
    } finally {
      dialling.dispose();
      instances.values().forEach(TrialInstance::kill);
      instances.clear();
      if (server != null) {
        server.kill();
      }
    }
  }

  private void inflict(TrialEngine engine, Fault fault, TrialPeers dialling) throws IOException {
    switch (fault) {
      case NONE -> report(engine, "nothing", reach(all()), dialling);
      case KILL -> {
        instance(0).kill();
        instances.remove(0);
        report(engine, "killed, by the others", reach(all()), dialling);
        start(engine, 0);
        report(engine, "started again, by all", reach(all()), dialling);
      }
      case STOP -> {
        instance(1).signal("STOP");
        report(engine, "stopped, by the others", reach(others(1)), dialling);
        instance(1).signal("CONT");
        report(engine, "going on, by all", reach(all()), dialling);
      }
      case PARTITION -> {
        if (network.canCut()) {
          network.cut(2);
          pause(Duration.ofSeconds(20));
          network.heal(2);
          report(engine, "partition's end, by all", reach(all()), dialling);
        }
      }
      case ENGINE -> {
        if (server != null) {
          server.kill();
          pause(Duration.ofSeconds(5));
          server = TrialServer.start(engine, network.server(), server.port());
          report(engine, "engine started again, by all", reach(all()), dialling);
        }
      }
      case ROLLING -> {
        for (int i = 0; i < count; i++) {
          instance(i).leave();
          instances.remove(i);
          report(engine, "%d left, by the others".formatted(i), reach(all()), dialling);
          start(engine, i);
        }
        report(engine, "all started again, by all", reach(all()), dialling);
      }
      case CHANNELS -> channels(engine);
    }
  }

  /** Restarts the instances with a store for channels, and then once more, under load. */
  private void channels(TrialEngine engine) throws IOException {
    if (TrialServer.version(TrialEngine.REDIS) == null) {
      System.out.println("there is no redis-server here for channels; left out");
      return;
    }
    TrialServer redis = TrialServer.start(TrialEngine.REDIS, network.server());
    Path folder = Files.createTempDirectory("fluxwire-bench");
    channels = new Channels(network.server() + ":" + redis.port(), folder);
    try {
      restartAll(engine);
      ChannelLoad load =
          new ChannelLoad(peers, IntStream.range(0, count).mapToObj(this::address).toList());
      pause(Duration.ofSeconds(5));
      restartAll(engine);
      pause(Duration.ofSeconds(5));
      String line = load.end(folder);
      failed |= !line.endsWith("none lost, none doubled");
      System.out.printf("%-8s %-30s %s%n", engine, "rolling, with channels", line);
    } finally {
      channels = null;
      redis.kill();
    }
  }

  private void restartAll(TrialEngine engine) {
    for (int i = 0; i < count; i++) {
      instance(i).leave();
      start(engine, i);
    }
  }

  private List<Integer> all() {
    return List.copyOf(instances.keySet());
  }

  private List<Integer> others(int but) {
    return all().stream().filter(i -> i != but).toList();
  }

  private TrialInstance instance(int number) {
    return Objects.requireNonNull(instances.get(number));
  }

  /** Has these instances reach all peers at the same time; their answers. */
  private List<String> reach(List<Integer> by) {
    List<CompletableFuture<String>> asked =
        by.stream().map(i -> instance(i).ask("reach " + limit)).toList();
    return asked.stream().map(CompletableFuture::join).toList();
  }

  private void report(TrialEngine engine, String what, List<String> said, TrialPeers dialling) {
    int all = peers + dials;
    for (String line : said) {
      failed |= !line.startsWith("reached %d of %d,".formatted(all, all));
      System.out.printf("%-8s %-30s %s%n", engine, what, line);
    }
    if (dialling.doubled() > 0) {
      failed = true;
      System.out.printf("%-8s %-30s %d packets came twice%n", engine, what, dialling.doubled());
    }
    TrialDials seen = Objects.requireNonNull(dialled);
    boolean settled = seen.settle(Duration.ofSeconds(limit));
    failed |= !settled;
    System.out.printf(
        "%-8s %-30s %s%s%n", engine, what, seen.seen(), settled ? "" : "; IT GOES ON");
    seen.begin();
  }

  private InetSocketAddress address(int instance) {
    // Each has an address of its own in a namespace; on loopback its port is.
    return new InetSocketAddress(network.forPeers(instance), 9_800 + instance);
  }

  private void start(TrialEngine engine, int number) {
    List<String> command = network.at(number);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx512m",
            "-cp",
            System.getProperty("java.class.path"),
            FleetInstance.class.getName(),
            "--engine",
            engine.name(),
            "--where",
            where(),
            "--name",
            "i" + number,
            "--address",
            network.forPeers(number),
            "--port",
            String.valueOf(address(number).getPort()),
            "--engine-address",
            network.forEngine(number),
            "--engine-port",
            String.valueOf(TrialEngine.MEMBERS_PORT + number),
            "--peers",
            String.valueOf(peers),
            "--dials",
            String.valueOf(dials),
            "--dials-address",
            network.peers(),
            "--dial-quorum",
            String.valueOf(dialQuorum)));
    Channels stored = channels;
    if (stored != null) {
      command.addAll(List.of("--channels", stored.store(), "--record", stored.folder().toString()));
    }
    TrialInstance started = new TrialInstance(new ProcessBuilder(command));
    String line = started.line();
    if (!line.equals("joined")) {
      throw new IllegalStateException("an instance said: " + line);
    }
    instances.put(number, started);
  }

  private String where() {
    return server != null
        ? network.server() + ":" + server.port()
        : IntStream.range(0, count)
            .mapToObj(i -> network.forEngine(i) + ":" + (TrialEngine.MEMBERS_PORT + i))
            .collect(Collectors.joining(","));
  }

  private static void pause(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    for (long left = time.toNanos(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
