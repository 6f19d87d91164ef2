package io.fluxwire.fleet.jgroups;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.identity.NodeKey;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An instance in a process of its own, which does as it is told line by line. */
final class InstanceProcess implements AutoCloseable {

  static final int PORT = 7_800;

  private static final String SAID = "said: ";

  private final Process process;
  private final BufferedWriter input;
  private final BufferedReader output;

  private InstanceProcess(Process process) {
    this.process = process;
    this.input = process.outputWriter(UTF_8);
    this.output = process.inputReader(UTF_8);
  }

  /**
   * Starts it, and waits until it has joined.
   *
   * @param before what runs the process, such as a network namespace; may be empty
   * @param hosts the addresses of all, its own at the place of {@code instance}
   */
  static InstanceProcess start(Path key, List<String> before, List<String> hosts, int instance)
      throws IOException {
    List<String> command = new ArrayList<>(before);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx128m",
            "-cp",
            System.getProperty("java.class.path"),
            InstanceProcess.class.getName(),
            key.toString(),
            String.valueOf(instance)));
    command.addAll(hosts);
    File log = new File("target/instance-" + instance + ".log");
    InstanceProcess started =
        new InstanceProcess(
            new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(log))
                .start());
    started.say("joined");
    return started;
  }

  /** Tells it, and waits for the answer. */
  String say(String words) throws IOException {
    input.write(words + "\n");
    input.flush();
    String line = output.readLine();
    while (line != null && !line.startsWith(SAID)) {
      // A log's.
      line = output.readLine();
    }
    return line == null ? "nothing" : line.substring(SAID.length());
  }

  void signal(String name) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start();
    if (kill.waitFor() != 0) {
      throw new IOException("no signal " + name);
    }
  }

  @Override
  public void close() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor(30, TimeUnit.SECONDS);
  }

  /** A key file, which instance this is, and the addresses of all. */
  public static void main(String[] args) throws IOException {
    int instance = Integer.parseInt(args[1]);
    List<String> hosts = Arrays.asList(args).subList(2, args.length);
    JGroupsEngine engine =
        JGroupsEngine.builder(
                "shop",
                NodeKey.load(Path.of(args[0])),
                Discovery.hosts(
                    hosts.stream()
                        .map(host -> new InetSocketAddress(host, PORT))
                        .toArray(InetSocketAddress[]::new)))
            .bind(InetAddress.getByName(hosts.get(instance)))
            .port(PORT)
            .build();
    Member member = Member.join("i" + instance, engine);
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      System.out.println(SAID + answer(member, line.split(" ")));
    }
  }

  private static String answer(Member member, String[] words) {
    return switch (words[0]) {
      case "joined" -> member.id.toString();
      case "hold" -> {
        member.hold(NodeId.parse(words[1]), 1);
        yield "held";
      }
      case "find" -> {
        Holding row = member.link().find(NodeId.parse(words[1])).block(Member.LIMIT);
        yield row == null ? "nobody" : row.instance().name();
      }
      case "members" ->
          String.join(" ", member.members().stream().map(InstanceId::name).sorted().toList());
      case "missed" -> member.missed.get() > 0 ? "yes" : "no";
      case "send" -> send(member, words[1], words[2]);
      case "flood" -> flood(member, words[1]);
      case "received" -> String.join(",", member.messages);
      default -> throw new IllegalArgumentException(words[0]);
    };
  }

  /** More than JGroups and the system take from one that does not read. */
  private static String flood(Member member, String to) {
    InstanceId receiver =
        member.members().stream().filter(id -> id.name().equals(to)).findFirst().orElseThrow();
    for (int i = 0; i < 8; i++) {
      member
          .link()
          .send(receiver, new byte[JGroupsEngine.MAX_MESSAGE])
          .subscribe(ignored -> {}, failure -> {});
    }
    return "flooding";
  }

  private static String send(Member member, String to, String text) {
    InstanceId receiver =
        member.members().stream().filter(id -> id.name().equals(to)).findFirst().orElse(null);
    if (receiver == null) {
      return "no member";
    }
    try {
      member.link().send(receiver, text.getBytes(UTF_8)).block(Member.LIMIT);
      return "sent";
    } catch (FleetEngineException e) {
      return e.kind().toString();
    }
  }
}
