package io.fluxwire.channel.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fluxwire.channel.StoredChannel;
import io.lettuce.core.RedisURI;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;

/** An instance in a process of its own, which does as it is told line by line. */
final class InstanceProcess implements AutoCloseable {

  private static final String SAID = "said: ";
  private static final Duration LEASE = Duration.ofSeconds(2);

  private final Process process;
  private final BufferedWriter input;
  private final BufferedReader output;

  private InstanceProcess(Process process) {
    this.process = process;
    this.input = process.outputWriter(UTF_8);
    this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
  }

  static InstanceProcess start(RedisServer server) throws IOException {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            InstanceProcess.class.getName(),
            String.valueOf(server.uri().getPort()));
    return new InstanceProcess(
        new ProcessBuilder(command).redirectError(new File("target/instance.log")).start());
  }

  /** Tells it, and waits for the answer. */
  String say(String word) throws IOException {
    input.write(word + "\n");
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

  public static void main(String[] args) throws IOException {
    RedisURI uri = RedisURI.create("127.0.0.1", Integer.parseInt(args[0]));
    StoredChannel channel =
        RedisSamples.open(
            RedisChannelStore.builder(uri, RedisSamples.NODE).instance("a").lease(LEASE).build());
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    long next = 0;
    for (String word = input.readLine(); word != null; word = input.readLine()) {
      Mono<?> work =
          word.equals("read")
              ? channel.read(0, 1)
              : channel.write(RedisSamples.changes(0, next++, 1, 1));
      System.out.println(SAID + outcome(work));
    }
  }

  private static Object outcome(Mono<?> work) {
    return work.cast(Object.class)
        .onErrorResume(
            io.fluxwire.channel.ChannelStoreException.class, failure -> Mono.just(failure.kind()))
        .block(RedisSamples.LIMIT);
  }
}
