package io.fluxwire.fleet.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fluxwire.testing.FaultProxy;
import io.nats.client.Options;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A NATS of a test's own, at a port that it finds by itself. Each instance reaches it through a
 * proxy of its own, so that it may have another port after a restart.
 */
final class NatsServer implements AutoCloseable {

  private static final List<String> PROGRAMS =
      List.of(
          System.getProperty("nats.server", "nats-server"),
          // Debian has it where only root looks.
          "/usr/sbin/nats-server");

  private static final Pattern PORT =
      Pattern.compile("Listening for client connections on 127\\.0\\.0\\.1:(\\d+)");
  private static final long LIMIT_SECONDS = 30;

  private final String program;
  private final Path config;
  private final List<FaultProxy> proxies = new ArrayList<>();
  private final List<String> log = new CopyOnWriteArrayList<>();
  private Process process;
  private volatile int port;

  private NatsServer(String program, Path config) throws IOException {
    this.program = program;
    this.config = config;
    this.process = launch();
  }

  static NatsServer start(Path directory, String... settings) throws IOException {
    String program = PROGRAMS.stream().filter(NatsServer::isInstalled).findFirst().orElse("");
    assumeTrue(!program.isEmpty(), "no nats-server: apt-get install nats-server");
    Path config = directory.resolve("nats.conf");
    Files.write(config, List.of(settings));
    return new NatsServer(program, config);
  }

  private static boolean isInstalled(String program) {
    try {
      Process asked = new ProcessBuilder(program, "--version").redirectErrorStream(true).start();
      String said = new String(asked.getInputStream().readAllBytes(), UTF_8);
      return asked.waitFor() == 0 && said.contains("nats-server");
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private Process launch() throws IOException {
    Process launched =
        new ProcessBuilder(program, "-c", config.toString(), "-a", "127.0.0.1", "-p", "-1")
            .redirectErrorStream(true)
            .redirectInput(new File("/dev/null"))
            .start();
    BufferedReader said =
        new BufferedReader(new InputStreamReader(launched.getInputStream(), UTF_8));
    for (String line = said.readLine(); ; line = said.readLine()) {
      assertThat(line).as("NATS ended and said %s", log).isNotNull();
      log.add(line);
      Matcher listening = PORT.matcher(line);
      if (listening.find()) {
        port = Integer.parseInt(listening.group(1));
      }
      if (line.contains("Server is ready")) {
        break;
      }
    }
    Thread reader = new Thread(() -> said.lines().forEach(log::add), "nats output");
    reader.setDaemon(true);
    reader.start();
    return launched;
  }

  /** Another way to NATS, which can be cut. */
  FaultProxy proxy() {
    FaultProxy proxy =
        FaultProxy.startNow(() -> new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    proxies.add(proxy);
    return proxy;
  }

  static Options.Builder options(FaultProxy proxy) {
    return new Options.Builder().server(uri(proxy, "").toString());
  }

  static URI uri(FaultProxy proxy, String user) {
    return URI.create("nats://" + user + "127.0.0.1:" + proxy.address().getPort());
  }

  /** What it has logged. */
  List<String> log() {
    return log;
  }

  Process process() {
    return process;
  }

  /** As kill -9 does, and then another one. */
  void restart() throws IOException, InterruptedException {
    kill();
    process = launch();
  }

  private void kill() throws InterruptedException {
    process.destroyForcibly();
    assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  @Override
  public void close() throws InterruptedException {
    proxies.forEach(FaultProxy::dispose);
    kill();
  }
}
