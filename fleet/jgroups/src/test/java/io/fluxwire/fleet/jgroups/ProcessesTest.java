package io.fluxwire.fleet.jgroups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.fluxwire.NodeId;
import io.fluxwire.identity.NodeKey;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Instances that are killed, stand still, or are cut off: each peer can be reached again. How long
 * it took is printed; docs/fleet-engines.md says how long it may take.
 */
@Tag("chaos")
@Timeout(240)
class ProcessesTest {

  private static final int COUNT = 3;

  private final List<InstanceProcess> instances = new ArrayList<>();
  private final List<NodeId> peers = new ArrayList<>();
  private @TempDir Path folder;
  private Path key = Path.of("");

  @BeforeEach
  void makeKey() throws IOException {
    key = folder.resolve("fleet.key");
    NodeKey.generate().save(key);
  }

  @AfterEach
  void end() throws InterruptedException {
    for (InstanceProcess instance : instances) {
      instance.close();
    }
  }

  /** On addresses of this machine's own, of which there are 16 million. */
  private void startAll() throws Exception {
    startAll(List.of("127.0.77.1", "127.0.77.2", "127.0.77.3"), instance -> List.of());
  }

  private interface Before {

    List<String> command(int instance);
  }

  private void startAll(List<String> hosts, Before before) throws Exception {
    for (int i = 0; i < COUNT; i++) {
      instances.add(InstanceProcess.start(key, before.command(i), hosts, i));
      peers.add(NodeKey.generate().id());
      instances.get(i).say("hold " + peers.get(i));
    }
    awaitAll(List.of(0, 1, 2));
  }

  /** Waits until each of some instances has them all as members and finds their peers. */
  private void awaitAll(List<Integer> which) throws Exception {
    String members = String.join(" ", which.stream().map(i -> "i" + i).toList());
    for (int by : which) {
      await(members, () -> instances.get(by).say("members"));
      for (int other : which) {
        await("i" + other, () -> instances.get(by).say("find " + peers.get(other)));
      }
    }
  }

  private static void await(String wanted, Callable<String> question) throws Exception {
    long end = System.nanoTime() + Member.LIMIT.toNanos();
    String answer = question.call();
    while (!answer.equals(wanted)) {
      assertThat(System.nanoTime() - end).as("wanted %s, is %s", wanted, answer).isNegative();
      Thread.sleep(20);
      answer = question.call();
    }
  }

  private interface Step {

    void run() throws Exception;
  }

  private static void report(String what, Step step) throws Exception {
    long start = System.nanoTime();
    step.run();
    System.out.printf("%s: %.1f s%n", what, (System.nanoTime() - start) / 1e9);
  }

  @Test
  void aKilledInstanceIsNoMemberAndItsPeerIsFoundWhereItConnectsNext() throws Exception {
    startAll();
    instances.get(0).signal("KILL");
    report("killed, and no member", () -> awaitAll(List.of(1, 2)));
    assertThat(instances.get(1).say("find " + peers.get(0))).isEqualTo("nobody");

    instances.get(2).say("hold " + peers.get(0));
    await("i2", () -> instances.get(1).say("find " + peers.get(0)));
  }

  @Test
  void anInstanceThatStandsStillIsNoMemberUntilItRunsAgain() throws Exception {
    startAll();
    instances.get(0).signal("STOP");
    report("stopped, and no member", () -> awaitAll(List.of(1, 2)));
    NodeId meanwhile = NodeKey.generate().id();
    instances.get(1).say("hold " + meanwhile);

    instances.get(0).signal("CONT");
    report("continued, and all are reached", () -> awaitAll(List.of(0, 1, 2)));
    await("i1", () -> instances.get(0).say("find " + meanwhile));
    awaitMessage(1, 0);
    awaitMessage(0, 1);
  }

  @Test
  void whatIsSentToAnInstanceThatStandsStillHoldsUpNoOther() throws Exception {
    startAll();
    instances.get(0).signal("STOP");
    instances.get(1).say("flood i0");

    report("a message past one that stands still", () -> awaitMessage(1, 2));
    assertThat(instances.get(2).say("members")).contains("i1");
    awaitAll(List.of(1, 2));
    instances.get(0).signal("CONT");
    awaitAll(List.of(0, 1, 2));
  }

  @Test
  void theTwoSidesOfACutComeTogetherAgain() throws Exception {
    try (Namespaces network = Namespaces.create(COUNT)) {
      startAll(network.addresses(), network::inside);

      network.cut(0);
      report("cut off, and no member", () -> awaitAll(List.of(1, 2)));
      await("i0", () -> instances.get(0).say("members"));
      NodeId meanwhile = NodeKey.generate().id();
      instances.get(1).say("hold " + meanwhile);

      network.mend(0);
      report("mended, and all are reached", () -> awaitAll(List.of(0, 1, 2)));
      await("i1", () -> instances.get(0).say("find " + meanwhile));
      // Also the one that had been with another one all the time.
      for (InstanceProcess instance : instances) {
        await("yes", () -> instance.say("missed"));
      }
      awaitMessage(1, 0);
      awaitMessage(0, 1);
    }
  }

  private void awaitMessage(int from, int to) throws Exception {
    await("sent", () -> instances.get(from).say("send i" + to + " hello"));
    await(
        "true",
        () -> String.valueOf(instances.get(to).say("received").contains("i" + from + ": hello")));
  }

  /** Networks of their own for some processes, with a router between them. */
  private static final class Namespaces implements AutoCloseable {

    private static final String ROUTER = "fwfleet";

    private final int count;

    private Namespaces(int count) {
      this.count = count;
    }

    /** Skips the test where the system does not let this process make any. */
    static Namespaces create(int count) throws Exception {
      Namespaces made = new Namespaces(count);
      made.close();
      assumeThat(run("ip", "netns", "add", ROUTER)).as("may make network namespaces").isZero();
      in(ROUTER, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1");
      for (int i = 0; i < count; i++) {
        made.add(i);
      }
      return made;
    }

    private static String name(int instance) {
      return ROUTER + instance;
    }

    private void add(int i) throws Exception {
      assertThat(run("ip", "netns", "add", name(i))).isZero();
      in(ROUTER, "ip", "link", "add", "p" + i, "type", "veth", "peer", "eth0", "netns", name(i));
      in(ROUTER, "ip", "address", "add", gateway(i) + "/24", "dev", "p" + i);
      in(ROUTER, "ip", "link", "set", "p" + i, "up");
      in(name(i), "ip", "address", "add", address(i) + "/24", "dev", "eth0");
      in(name(i), "ip", "link", "set", "lo", "up");
      in(name(i), "ip", "link", "set", "eth0", "up");
      in(name(i), "ip", "route", "add", "default", "via", gateway(i));
    }

    private static String gateway(int instance) {
      return "10.77.%d.1".formatted(instance);
    }

    private static String address(int instance) {
      return "10.77.%d.2".formatted(instance);
    }

    List<String> addresses() {
      return IntStream.range(0, count).mapToObj(Namespaces::address).toList();
    }

    List<String> inside(int instance) {
      return List.of("ip", "netns", "exec", name(instance));
    }

    /** What goes to the instance or comes from it is lost, and nobody is told. */
    void cut(int instance) throws Exception {
      in(ROUTER, "ip", "rule", "add", "from", address(instance), "blackhole");
      in(ROUTER, "ip", "rule", "add", "to", address(instance), "blackhole");
    }

    void mend(int instance) throws Exception {
      in(ROUTER, "ip", "rule", "del", "from", address(instance), "blackhole");
      in(ROUTER, "ip", "rule", "del", "to", address(instance), "blackhole");
    }

    private static void in(String namespace, String... command) throws Exception {
      List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
      all.addAll(List.of(command));
      assertThat(run(all.toArray(String[]::new))).as(String.join(" ", all)).isZero();
    }

    private static int run(String... command) throws InterruptedException {
      try {
        return new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor();
      } catch (IOException e) {
        return -1;
      }
    }

    @Override
    public void close() throws Exception {
      for (int i = 0; i < count; i++) {
        run("ip", "netns", "del", name(i));
      }
      run("ip", "netns", "del", ROUTER);
    }
  }
}
