package io.fluxwire.page;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/**
 * What the page holds does not grow with what it has served. {@code -Dfluxwire.growth.scale=100} is
 * the whole of it, of which each build does a slice.
 */
@Timeout(3600)
class PageGrowthTest {

  private static final int SCALE = Integer.getInteger("fluxwire.growth.scale", 1);

  /** What comes and goes by itself; 16 bytes a time are less than any object that is kept. */
  private static final long HEAP_NOISE = 512 * 1024;

  private static final int NOISE = 4;
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Sinks.Many<Integer> ticks = Sinks.many().multicast().directBestEffort();
  private final FakeFleet fleet = new FakeFleet();
  private PageContent content;
  private DisposableNodePage page;

  @BeforeEach
  void start() {
    NodeMonitor monitor = new NodeMonitor(registry);
    monitor.fleet(WatchedFleet.of(fleet.join().group));
    content =
        new PageContent(
            monitor,
            new Snapshot.Node("test", null, true, FakeSession.FACTS),
            registry::scrape,
            () -> null,
            Flux.from(ticks.asFlux()),
            System::nanoTime);
    page =
        DisposableNodePage.startNow(
            new PageServer(content, null, new PageGuard("localhost")),
            "127.0.0.1",
            0,
            Duration.ofMinutes(1));
  }

  @AfterEach
  void stop() {
    page.dispose();
    fleet.group.dispose();
  }

  private interface Once {
    void run() throws Exception;
  }

  private void again(String what, int slice, Once once) throws Exception {
    for (int i = 0; i < 2 * HttpConnections.MAX; i++) {
      once.run();
    }
    Held before = settled();
    int count = slice * SCALE;
    for (int i = 0; i < count; i++) {
      once.run();
    }
    long deadline = System.nanoTime() + LIMIT_NANOS;
    Held after = Held.now(registry);
    while (!after.isLike(before, count) && System.nanoTime() < deadline) {
      TimeUnit.MILLISECONDS.sleep(250);
      after = Held.now(registry);
    }
    System.out.printf("growth: %,d %s: %s before, %s after%n", count, what, before, after);
    assertThat(after.isLike(before, count))
        .as("%,d %s: it was %s and is %s", count, what, before, after)
        .isTrue();
  }

  /** A busy machine has not accepted all of the first connections yet when their clients go on. */
  private Held settled() throws InterruptedException {
    Held last = Held.now(registry);
    while (true) {
      TimeUnit.MILLISECONDS.sleep(250);
      Held now = Held.now(registry);
      if (now.descriptors == last.descriptors) {
        return now;
      }
      last = now;
    }
  }

  private record Held(long heap, long descriptors, int threads, int meters) {

    static Held now(PrometheusMeterRegistry registry) {
      // The second one collects what references of the first had to be told of.
      System.gc();
      System.gc();
      return new Held(
          ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
          ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
              .getOpenFileDescriptorCount(),
          ManagementFactory.getThreadMXBean().getThreadCount(),
          registry.getMeters().size());
    }

    boolean isLike(Held before, int count) {
      return heap - before.heap <= HEAP_NOISE + 16L * count
          && descriptors <= before.descriptors + NOISE
          && threads <= before.threads + NOISE
          && meters <= before.meters;
    }

    @Override
    public String toString() {
      return "%,d KiB, %d descriptors, %d threads, %d meters"
          .formatted(heap >> 10, descriptors, threads, meters);
    }
  }

  /** A keep-alive connection. */
  private final class Client implements AutoCloseable {

    private final Socket socket;
    private final InputStream in;

    Client() throws IOException {
      socket = new Socket(page.address().getAddress(), page.address().getPort());
      socket.setSoTimeout(30_000);
      in = new BufferedInputStream(socket.getInputStream());
    }

    void send(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(US_ASCII));
    }

    void ask(String path) throws IOException {
      send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }

    void watch() throws IOException {
      ask("/events");
      while (ticks.currentSubscriberCount() == 0) {
        Thread.onSpinWait();
      }
    }

    String readUntil(String end) throws IOException {
      StringBuilder all = new StringBuilder();
      while (all.length() < end.length() || all.indexOf(end, all.length() - end.length()) < 0) {
        int next = in.read();
        if (next < 0) {
          throw new IOException("the stream ended after " + all);
        }
        all.append((char) next);
      }
      return all.toString();
    }

    void get(String path) throws IOException {
      ask(path);
      String head = readUntil("\r\n\r\n");
      assertThat(head).startsWith("HTTP/1.1 200 ");
      int length =
          Integer.parseInt(head.replaceAll("(?is).*content-length: (\\d+).*", "$1").strip());
      assertThat(in.readNBytes(length)).hasSize(length);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  @Test
  void requestsOfOneConnection() throws Exception {
    try (Client client = new Client()) {
      again("requests of one connection", 1000, () -> client.get("/health"));
    }
  }

  @Test
  void scrapesOfOneConnection() throws Exception {
    try (Client client = new Client()) {
      again("scrapes of one connection", 100, () -> client.get("/metrics"));
    }
  }

  @Test
  void looksIntoTheFleet() throws Exception {
    fleet.other("other", 3);
    try (Client client = new Client()) {
      again("looks into the fleet", 1000, () -> client.get("/fleet"));
    }
  }

  @Test
  void connections() throws Exception {
    again(
        "connections of the page",
        100,
        () -> {
          try (Client client = new Client()) {
            client.get("/");
          }
        });
  }

  @Test
  void halfSentRequests() throws Exception {
    Deque<Client> held = new ArrayDeque<>();
    again(
        "half-sent requests",
        100,
        () -> {
          Client client = new Client();
          client.send("GET / HTTP/1.1\r\nHost: local");
          held.add(client);
          if (held.size() > HttpConnections.MAX) {
            held.remove().close();
          }
        });
    for (Client client : held) {
      client.close();
    }
  }

  @Test
  void watchers() throws Exception {
    again(
        "watchers",
        100,
        () -> {
          try (Client client = new Client()) {
            client.watch();
            tickUntilSeen(client);
          }
          while (ticks.currentSubscriberCount() > 0) {
            Thread.onSpinWait();
          }
        });
  }

  @Test
  void framesOfOneWatcher() throws Exception {
    try (Client client = new Client()) {
      client.watch();
      again("frames of one watcher", 1000, () -> tickUntilSeen(client));
    }
  }

  private void tickUntilSeen(Client client) throws IOException {
    ticks.tryEmitNext(1);
    client.readUntil("\n\n");
  }
}
