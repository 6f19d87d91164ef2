package io.fluxwire.benchmarks.wire;

import io.fluxwire.benchmarks.wire.Wire.Server;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A wire's server in a process of its own, which ends with its standard input. */
final class ServerProcess {

  private ServerProcess() {}

  /**
   * Serves; says its port.
   *
   * @param args the identities' folder, the congestion control, the wire's name, and the size that
   *     is streamed, or 0 to echo
   * @throws IOException when standard input breaks
   */
  public static void main(String[] args) throws IOException {
    Wire wire =
        Wires.all(new Identities(Path.of(args[0])), Congestion.of(args[1])).stream()
            .filter(candidate -> candidate.name().equals(args[2]))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("no wire " + args[2]));
    int size = Integer.parseInt(args[3]);
    Server server = size == 0 ? wire.echoing() : wire.streaming(size);
    System.out.println(server.address().getPort());
    while (System.in.read() >= 0) {
      // Waits for its end.
    }
    System.exit(0);
  }

  /** Starts one. */
  static Server start(Identities identities, Congestion congestion, Wire wire, int size)
      throws IOException {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    ServerProcess.class.getName(),
                    identities.folder().toString(),
                    congestion.toString(),
                    wire.name(),
                    String.valueOf(size)))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    BufferedReader says =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
    for (String line = says.readLine(); line != null; line = says.readLine()) {
      if (line.matches("\\d+")) {
        return new Server(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(line)),
            process::destroy);
      }
    }
    throw new IOException("the server of " + wire.name() + " did not start");
  }
}
