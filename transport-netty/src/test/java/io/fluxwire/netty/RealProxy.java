package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A proxy that nobody here wrote, as a process of a test's own on the loopback interface. */
final class RealProxy implements AutoCloseable {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Process process;

  private RealProxy(Process process) {
    this.process = process;
  }

  /**
   * Where a program is, which may be for administrators; the test is skipped where it is not.
   *
   * @param name the program's
   * @param debian the package that has it
   */
  static String program(String name, String debian) {
    List<Path> found =
        Stream.concat(
                Stream.of(System.getenv("PATH").split(File.pathSeparator)), Stream.of("/usr/sbin"))
            .map(folder -> Path.of(folder, name))
            .filter(Files::isExecutable)
            .toList();
    assumeTrue(!found.isEmpty(), "there is no " + name + ": apt-get install " + debian);
    return found.get(0).toString();
  }

  /** A port of 127.0.0.1 that nobody has. */
  static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  /**
   * Starts one, and waits until it listens.
   *
   * @param port where it will listen, at 127.0.0.1
   * @param program what {@link #program} found
   * @param options those of the program, with which it stays in the foreground
   */
  static RealProxy start(int port, String program, String... options)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(List.of(options));
    RealProxy proxy =
        new RealProxy(
            new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start());
    proxy.awaitListening(port);
    return proxy;
  }

  private void awaitListening(int port) throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return;
      } catch (IOException e) {
        assertThat(process.isAlive()).as("it runs").isTrue();
        assertThat(System.nanoTime()).as("it does not listen").isLessThan(deadline);
        Thread.sleep(10);
      }
    }
  }

  /** Asks it first, since some have processes of their own to end. */
  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
