package io.fluxwire.benchmarks.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Programs that are run beside this process, where they are installed. */
final class Programs {

  private Programs() {}

  /** The first line that a program says of its version; null where it cannot be run. */
  static @Nullable String version(String... command) {
    try {
      Process asked = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said = new String(asked.getInputStream().readAllBytes(), UTF_8);
      return asked.onExit().join().exitValue() == 0 ? said.lines().findFirst().orElse("") : null;
    } catch (IOException e) {
      return null;
    }
  }

  /**
   * Waits until a process says that it is ready; what it says afterwards is read and forgotten.
   *
   * @throws IOException when it ends before, with what it said
   */
  static void awaitLine(Process process, String part) throws IOException {
    BufferedReader says =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    List<String> said = new ArrayList<>();
    for (String line = says.readLine(); line == null || !line.contains(part); ) {
      if (line == null) {
        throw new IOException("a process ended, and said " + said);
      }
      said.add(line);
      line = says.readLine();
    }
    Thread reader = new Thread(() -> says.lines().forEach(line -> {}), "output");
    reader.setDaemon(true);
    reader.start();
  }

  /** A port on which nobody listens at the moment. */
  static int unusedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
