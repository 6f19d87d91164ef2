package io.fluxwire.benchmarks.fleet;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** The server that the instances of a trial meet in; nothing of it survives its end. */
record TrialServer(Process process, int port) {

  private static final long LOOK_AGAIN = 20_000_000;

  /** Its version; null where it is not installed. */
  static @Nullable String version(TrialEngine engine) {
    try {
      Process asked =
          new ProcessBuilder(Objects.requireNonNull(engine.program()), "--version").start();
      return new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return null;
    }
  }

  static TrialServer start(TrialEngine engine, String address) throws IOException {
    try (ServerSocket unused = new ServerSocket(0, 1, InetAddress.getByName(address))) {
      int port = unused.getLocalPort();
      unused.close();
      return start(engine, address, port);
    }
  }

  static TrialServer start(TrialEngine engine, String address, int port) throws IOException {
    List<String> command =
        switch (engine) {
          case REDIS ->
              List.of(
                  "redis-server",
                  "--bind",
                  address,
                  "--port",
                  String.valueOf(port),
                  "--protected-mode",
                  "no",
                  "--save",
                  "",
                  "--appendonly",
                  "no");
          case NATS -> List.of("nats-server", "--addr", address, "--port", String.valueOf(port));
          case JGROUPS -> throw new IllegalArgumentException("it has no server");
        };
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly, "engine"));
    while (!listens(address, port)) {
      if (!process.isAlive()) {
        throw new IOException("it has ended: " + String.join(" ", command));
      }
      LockSupport.parkNanos(LOOK_AGAIN);
    }
    return new TrialServer(process, port);
  }

  private static boolean listens(String address, int port) {
    try (Socket socket = new Socket(address, port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  void kill() {
    process.destroyForcibly().onExit().join();
  }
}
