package io.fluxwire.fleet.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fluxwire.NodeId;
import io.fluxwire.testing.FaultProxy;
import io.lettuce.core.RedisURI;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An instance in a process of its own, which holds a peer until it is killed. */
final class MemberProcess implements AutoCloseable {

  private final Process process;

  private MemberProcess(Process process) {
    this.process = process;
  }

  static MemberProcess start(FaultProxy proxy, NodeId peer) throws IOException {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            MemberProcess.class.getName(),
            String.valueOf(proxy.address().getPort()),
            peer.toString());
    return new MemberProcess(
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(new File("target/member.log"))
            .start());
  }

  void signal(String name) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start();
    if (kill.waitFor() != 0) {
      throw new IOException(new String(kill.getErrorStream().readAllBytes(), UTF_8));
    }
  }

  @Override
  public void close() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor(30, TimeUnit.SECONDS);
  }

  public static void main(String[] args) throws IOException {
    RedisURI uri = RedisURI.create("127.0.0.1", Integer.parseInt(args[0]));
    Member member =
        Member.join(
            "process",
            RedisEngine.builder(uri, "test")
                .interval(Duration.ofMillis(100))
                .timeout(Duration.ofSeconds(6))
                .build());
    member.hold(NodeId.parse(args[1]), 1);
    // Until it is killed, or whoever started it has ended.
    while (System.in.read() >= 0) {}
  }
}
