package io.fluxwire.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import io.fluxwire.dial.DialEvent;
import io.fluxwire.netty.PeerClient;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.atomic.LongAdder;
import reactor.core.Disposable;
import reactor.core.Disposables;

/**
 * The CPU time of publishers that can reach nobody: each dials a port of 127.0.0.1 where nobody
 * listens, with the default backoff. Once from a cold start, once more when the code is compiled.
 */
public final class UnreachablePeers {

  private UnreachablePeers() {}

  /**
   * Measures and prints.
   *
   * @param args how many publishers, 1,000 by default; for how many seconds, 60 by default
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    int publishers = args.length > 0 ? Integer.parseInt(args[0]) : 1_000;
    int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 60;
    measure("cold", publishers, seconds);
    measure("warm", publishers, seconds);
    measure("none, for comparison", 0, seconds);
    System.exit(0);
  }

  private static void measure(String name, int publishers, int seconds)
      throws IOException, InterruptedException {
    LongAdder attempts = new LongAdder();
    PeerClient<?> client =
        PeerClient.create()
            .remote("127.0.0.1", unusedPort())
            .doOnDial(
                event -> {
                  if (event instanceof DialEvent.AttemptStarted) {
                    attempts.increment();
                  }
                });
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long before = system.getProcessCpuTime();
    Disposable.Composite dialling = Disposables.composite();
    for (int i = 0; i < publishers; i++) {
      dialling.add(client.connections().subscribe());
    }
    Thread.sleep(seconds * 1_000L);
    long used = system.getProcessCpuTime() - before;
    dialling.dispose();
    System.out.printf(
        "%-22s %,d publishers, %d s: %,d attempts, %.2f s of CPU, %.2f %% of a core%n",
        name, publishers, seconds, attempts.sum(), used / 1e9, used / 1e7 / seconds);
  }

  private static int unusedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
