package io.fluxwire.fleet.redis;

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

/**
 * A Redis of a test's own that keeps nothing, at a Unix socket so that no port has to be guessed.
 * Each instance reaches it through a proxy of its own.
 */
final class RedisServer implements AutoCloseable {

  private static final String PROGRAM = System.getProperty("redis.server", "redis-server");
  private static final String COMMANDS = System.getProperty("redis.cli", "redis-cli");
  private static final long LIMIT_SECONDS = 30;

  private final Path directory;
  private final List<String> settings;
  private final List<FaultProxy> proxies = new ArrayList<>();
  private Process process;

  private RedisServer(Path directory, List<String> settings) throws IOException {
    this.directory = directory;
    this.settings = settings;
    this.process = launch();
  }

  static RedisServer start(Path directory, String... settings) throws IOException {
    assumeTrue(isInstalled(), "no redis-server: apt-get install redis-server");
    assumeTrue(Epoll.isAvailable(), "Unix sockets want epoll here");
    return new RedisServer(directory, List.of(settings));
  }

  private static boolean isInstalled() {
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

  /** Another way to Redis, which can be cut. */
  FaultProxy proxy() {
    FaultProxy proxy = FaultProxy.startNow(UnixDomainSocketAddress.of(socket()));
    proxies.add(proxy);
    return proxy;
  }

  static RedisURI uri(FaultProxy proxy) {
    return RedisURI.create("127.0.0.1", proxy.address().getPort());
  }

  /** As kill -9 does, and then an empty one. */
  void restart() throws IOException, InterruptedException {
    kill();
    process = launch();
  }

  private void kill() throws InterruptedException {
    process.destroyForcibly();
    assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
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

  @Override
  public void close() throws InterruptedException {
    proxies.forEach(FaultProxy::dispose);
    kill();
  }
}
