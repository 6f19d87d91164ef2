package io.fluxwire.channel.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fluxwire.testing.FaultProxy;
import io.lettuce.core.RedisURI;
import io.netty.channel.epoll.Epoll;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A Redis of a test's own, at a Unix socket so that no port has to be guessed, behind a proxy that
 * can lose what it carries.
 */
final class RedisServer implements AutoCloseable {

  private static final String PROGRAM = System.getProperty("redis.server", "redis-server");
  private static final String COMMANDS = System.getProperty("redis.cli", "redis-cli");
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final List<String> DURABLE =
      List.of("--appendonly", "yes", "--appendfsync", "always");

  private final Path directory;
  private final List<String> settings;
  private final FaultProxy proxy;
  private Process process;

  private RedisServer(Path directory, List<String> settings) throws IOException {
    this.directory = directory;
    this.settings = settings;
    this.process = launch();
    this.proxy = FaultProxy.startNow(UnixDomainSocketAddress.of(socket()));
  }

  /** One that keeps what it reports, unless there are other settings. */
  static RedisServer start(Path directory, String... settings) throws IOException {
    assumeTrue(installed(), "no redis-server: apt-get install redis-server");
    assumeTrue(Epoll.isAvailable(), "Unix sockets want epoll here");
    return new RedisServer(directory, settings.length == 0 ? DURABLE : List.of(settings));
  }

  private static boolean installed() {
    try {
      Process asked = new ProcessBuilder(PROGRAM, "--version").redirectErrorStream(true).start();
      String said = new String(asked.getInputStream().readAllBytes(), UTF_8);
      return asked.waitFor() == 0 && said.contains("server v=");
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private String socket() {
    return directory.resolve("redis.sock").toString();
  }

  private Process launch() throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                PROGRAM, "--port", "0", "--unixsocket", socket(), "--dir", directory.toString()));
    // An RDB file only where a test asks for it, and all that is said to be read here.
    command.addAll(List.of("--save", "", "--logfile", ""));
    command.addAll(settings);
    Process launched = new ProcessBuilder(command).redirectErrorStream(true).start();
    BufferedReader said =
        new BufferedReader(new InputStreamReader(launched.getInputStream(), UTF_8));
    List<String> lines = new ArrayList<>();
    for (String line = said.readLine(); ; line = said.readLine()) {
      assertThat(line).as("Redis ended and said %s", lines).isNotNull();
      lines.add(line);
      if (line.contains("accept connections")) {
        break;
      }
    }
    Thread reader = new Thread(() -> said.lines().forEach(line -> {}), "redis output");
    reader.setDaemon(true);
    reader.start();
    return launched;
  }

  RedisURI uri() {
    return RedisURI.create("127.0.0.1", proxy.address().getPort());
  }

  FaultProxy proxy() {
    return proxy;
  }

  /** As kill -9 does. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    assertThat(process.waitFor(LIMIT_NANOS, TimeUnit.NANOSECONDS)).isTrue();
  }

  void restart() throws IOException {
    process = launch();
  }

  /** Runs a command, and returns what redis-cli prints. */
  String cli(String... command) {
    List<String> all = new ArrayList<>(List.of(COMMANDS, "-s", socket()));
    all.addAll(List.of(command));
    try {
      Process asked = new ProcessBuilder(all).redirectErrorStream(true).start();
      return new String(asked.getInputStream().readAllBytes(), UTF_8).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until something holds in Redis. */
  static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + LIMIT_NANOS;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("the limit of a wait").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() throws InterruptedException {
    proxy.dispose();
    kill();
  }
}
