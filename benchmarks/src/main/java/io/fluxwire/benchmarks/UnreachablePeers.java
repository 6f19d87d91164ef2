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
 * listens, with the default backoff. First many for a short time, so that the code is compiled;
 * then those to be measured, from their first dial on and once more after that; then none.
 */
public final class UnreachablePeers {

  private static final int WARM_UP_PUBLISHERS = 10_000;
  private static final int WARM_UP_SECONDS = 40;

  private final LongAdder attempts = new LongAdder();
  private final OperatingSystemMXBean system =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private UnreachablePeers() {}

  /**
   * Measures and prints.
   *
   * @param args how many publishers, 1,000 by default; for how many seconds each time, 60 by
   *     default
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    int publishers = args.length > 0 ? Integer.parseInt(args[0]) : 1_000;
    int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 60;
    UnreachablePeers peers = new UnreachablePeers();
    Disposable many = peers.dial(WARM_UP_PUBLISHERS);
    peers.measure("warm-up", WARM_UP_SECONDS);
    many.dispose();
    Disposable some = peers.dial(publishers);
    peers.measure(publishers + " publishers, at first", seconds);
    peers.measure(publishers + " publishers, after that", seconds);
    some.dispose();
    peers.measure("none", seconds);
    System.exit(0);
  }

  private Disposable dial(int publishers) throws IOException {
    PeerClient<?> client =
        PeerClient.create()
            .remote("127.0.0.1", unusedPort())
            .doOnDial(
                event -> {
                  if (event instanceof DialEvent.AttemptStarted) {
                    attempts.increment();
                  }
                });
    Disposable.Composite dialling = Disposables.composite();
    for (int i = 0; i < publishers; i++) {
      dialling.add(client.connections().subscribe());
    }
    return dialling;
  }

  private void measure(String name, int seconds) throws InterruptedException {
    long attemptsBefore = attempts.sum();
    long before = system.getProcessCpuTime();
    Thread.sleep(seconds * 1_000L);
    long used = system.getProcessCpuTime() - before;
    System.out.printf(
        "%-28s %3d s: %,7d attempts, %5.2f s of CPU, %5.2f %% of a core%n",
        name, seconds, attempts.sum() - attemptsBefore, used / 1e9, used / 1e7 / seconds);
  }

  private static int unusedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
