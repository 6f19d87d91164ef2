package io.fluxwire.benchmarks.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.MemoryChannelStore;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import reactor.core.publisher.Mono;

/** How soon a node sends again what it had stored when its process ended. */
@Command(
    name = "fluxwire-bench recovery",
    mixinStandardHelpOptions = true,
    description = {
      "A process stores packets of 16 KiB in a channel on disk whose peer is not",
      "there, and ends without closing. Others open the channel with a small heap,",
      "one after the other: how long until the first packet is with the peer, and",
      "what memory does that take?"
    })
public final class Recovery implements Callable<Integer> {

  static final int PACKET = 16 * 1024;

  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final Duration QUIET = Duration.ofMillis(500);
  private static final double GIGABYTE = 1e9;
  private static final double MEGABYTE = 1e6;

  /** A packet of 16 KiB takes more than a page of the database. */
  private static final double ROOM = 1.3;

  @Option(
      names = "--gigabytes",
      paramLabel = "N",
      defaultValue = "10",
      description = "How much is stored and not acknowledged. Default: ${DEFAULT-VALUE}.")
  private double gigabytes;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description =
          "How often the channel is opened anew. Each time it has a little less. Default:"
              + " ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--resend",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "How long the last one goes on. Default: ${DEFAULT-VALUE}.")
  private int resend;

  @Option(
      names = "--heap",
      paramLabel = "SIZE",
      defaultValue = "256m",
      description = "The sending processes' -Xmx. Default: ${DEFAULT-VALUE}.")
  private String heap;

  @Option(
      names = "--drop-caches",
      description =
          "Has Linux forget what it has read of all files before each opening, which wants root.")
  private boolean dropsCaches;

  @Option(
      names = "--store",
      paramLabel = "FOLDER",
      defaultValue = "benchmarks/target/stores",
      description = "Where it is stored; deleted in the end. Default: ${DEFAULT-VALUE}.")
  private Path store;

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      defaultValue = "benchmarks/target/results/recovery",
      description = "Where the results go. Default: ${DEFAULT-VALUE}.")
  private Path out;

  private final Results results = new Results();
  private final AtomicLong arrived = new AtomicLong();
  private final AtomicLong firstAt = new AtomicLong();

  /**
   * Measures and exits.
   *
   * @param args the command line
   */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Recovery()).execute(args));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Scratch scratch = Scratch.in(store);
    Path folder = scratch.folder();
    long free = folder.toFile().getUsableSpace();
    if (free < gigabytes * ROOM * GIGABYTE) {
      System.err.printf("%s has room for %.1f GB only%n", folder, free / GIGABYTE);
      return 1;
    }
    Identities identities = Identities.create();
    try {
      run(scratch, folder, identities);
    } finally {
      identities.delete();
    }
    results.write(out);
    System.out.println("written to " + out);
    return 0;
  }

  private void run(Scratch scratch, Path folder, Identities identities)
      throws IOException, InterruptedException {
    String amount = BigDecimal.valueOf(gigabytes).stripTrailingZeros().toPlainString() + " GB";
    int packets = (int) Math.max(1, gigabytes * GIGABYTE / PACKET);
    results.ranOn("heap of the sender", heap);
    results.ranOn("system's cache", dropsCaches ? "dropped" : "kept");
    long began = System.nanoTime();
    try (Node node = new Node(scratch, folder, identities, Programs.unusedPort(), packets)) {
      node.says("filled");
      double speed = (double) packets * PACKET / MEGABYTE / seconds(System.nanoTime() - began);
      results.add("recovery speed", "stored at", amount, "MB/s", speed);
    }
    results.add("recovery memory", "files", amount, "MB", sizeOf(folder) / MEGABYTE);
    DisposablePeerServer peer = peer(identities);
    for (int round = 1; round <= rounds; round++) {
      round(scratch, folder, identities, peer.port(), amount, round == rounds);
    }
    peer.disposeNow(Duration.ofSeconds(20));
    results.tell("recovery", amount);
    results.tell("recovery memory", amount);
    results.tell("recovery speed", amount);
  }

  /** Takes all that comes. */
  private DisposablePeerServer peer(Identities identities) throws IOException {
    return PeerServer.create(identities.serverKey(), PacketCodec.raw())
        .host("127.0.0.1")
        .channels(
            ChannelSpec.of(MemoryChannelStore.create()),
            channel ->
                channel.handle(
                    delivery ->
                        Mono.fromRunnable(
                            () -> {
                              firstAt.compareAndSet(0, System.nanoTime());
                              arrived.incrementAndGet();
                            })))
        .bindNow();
  }

  private void round(
      Scratch scratch, Path folder, Identities identities, int port, String amount, boolean last)
      throws IOException, InterruptedException {
    awaitQuiet();
    if (dropsCaches) {
      Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "1\n");
    }
    firstAt.set(0);
    long began = System.nanoTime();
    try (Node node = new Node(scratch, folder, identities, port, 0)) {
      long opened = node.says("opened");
      awaitFirst();
      results.add("recovery", "channel opened in", amount, "s", seconds(opened));
      results.add(
          "recovery",
          "from the process's start to the first packet at the peer",
          amount,
          "s",
          seconds(firstAt.get() - began));
      if (last) {
        long before = arrived.get();
        long from = System.nanoTime();
        Thread.sleep(TimeUnit.SECONDS.toMillis(resend));
        double bytes = (double) (arrived.get() - before) * PACKET;
        double speed = bytes / MEGABYTE / seconds(System.nanoTime() - from);
        results.add("recovery speed", "sent again at", amount, "MB/s", speed);
      }
      String when = last ? ", having sent for " + resend + " s" : ", at the first packet";
      node.end();
      results.add("recovery memory", "heap" + when, amount, "MB", node.says("heap") / MEGABYTE);
      results.add(
          "recovery memory",
          "resident at most" + when,
          amount,
          "MB",
          node.says("resident") / MEGABYTE);
    }
  }

  /** Waits until nothing comes of an earlier process any more. */
  private void awaitQuiet() throws InterruptedException {
    long before = -1;
    while (arrived.get() != before) {
      before = arrived.get();
      Thread.sleep(QUIET.toMillis());
    }
  }

  private void awaitFirst() throws InterruptedException {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (firstAt.get() == 0) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("nothing was sent again");
      }
      Thread.sleep(1);
    }
  }

  private static double seconds(long nanos) {
    return nanos / 1e9;
  }

  private static long sizeOf(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.mapToLong(file -> file.toFile().isFile() ? file.toFile().length() : 0).sum();
    }
  }

  /** A process that sends. */
  private final class Node implements AutoCloseable {

    private final Process process;
    private final BufferedReader output;

    Node(Scratch scratch, Path folder, Identities identities, int port, int packets)
        throws IOException {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
      command.add("-Xmx" + heap);
      command.add("-cp");
      command.add(System.getProperty("java.class.path"));
      command.add(RecoveryNode.class.getName());
      command.add(identities.folder().toString());
      command.add(folder.toString());
      command.add(String.valueOf(port));
      command.add(String.valueOf(packets));
      process =
          scratch.start(new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT));
      output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
      // A process that hangs says nothing, for which nobody waits for ever.
      Duration limit = LIMIT.plusSeconds(packets == 0 ? resend : packets / 100);
      CompletableFuture.delayedExecutor(limit.toMillis(), TimeUnit.MILLISECONDS)
          .execute(process::destroyForcibly);
    }

    /** Reads what it says of something: a number, or 0. */
    long says(String what) throws IOException {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        if (line.startsWith(what)) {
          return line.equals(what) ? 0 : Long.parseLong(line.substring(what.length() + 1));
        }
      }
      throw new IOException("the sending process ended before it had " + what);
    }

    /** Has it end by itself. */
    void end() throws IOException {
      process.getOutputStream().close();
    }

    @Override
    public void close() {
      process.destroyForcibly().onExit().join();
    }
  }
}
