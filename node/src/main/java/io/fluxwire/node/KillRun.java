package io.fluxwire.node;

import io.fluxwire.identity.NodeKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Two nodes as processes of their own that stream to each other over a channel with stores on disk,
 * while they are killed at random. What each has taken is checked packet by packet, and what each
 * said that its store has, it must have when it starts again. Blocks whoever runs it.
 */
final class KillRun implements AutoCloseable {

  /** From when packets come, or for one of so many kills from the start, before it is up. */
  private static final int LONGEST_LIFE_MILLIS = 500;

  private static final int EARLY_ONE_IN = 5;

  private static final int TICK_MILLIS = 20;

  /** How long nothing may move. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final SplittableRandom random;
  private final Path directory;
  private final KilledNode alice;
  private final KilledNode bob;
  private final BooleanSupplier stopped;
  private final Consumer<KillRun> tell;
  private final long tellNanos;
  private long lastTold = System.nanoTime();

  /**
   * Starts nothing yet; makes a directory.
   *
   * @param seed decides bodies, who is killed, and when
   * @param maxBody the size of the largest body, in bytes
   * @param upgrade options for both
   * @param stopped whether to kill no more
   * @param every how often to tell
   * @param tell is told of the state
   */
  KillRun(
      long seed,
      int maxBody,
      List<String> upgrade,
      BooleanSupplier stopped,
      Duration every,
      Consumer<KillRun> tell)
      throws IOException {
    this.random = new SplittableRandom(seed);
    this.stopped = stopped;
    this.tell = tell;
    this.tellNanos = every.toNanos();
    this.directory = Files.createTempDirectory("fluxwire-soak");
    NodeKey alicesKey = NodeKey.loadOrCreate(directory.resolve("alice.key"));
    NodeKey bobsKey = NodeKey.loadOrCreate(directory.resolve("bob.key"));
    List<String> common = new ArrayList<>(upgrade);
    common.addAll(List.of("--size", Integer.toString(maxBody)));
    this.alice = node("alice", bobsKey, seed, ~seed, common);
    common.add("--dial");
    this.bob = node("bob", alicesKey, ~seed, seed, common);
  }

  private KilledNode node(
      String name, NodeKey peer, long seed, long peersSeed, List<String> common) {
    List<String> args = new ArrayList<>(common);
    args.addAll(List.of("--key", directory.resolve(name + ".key").toString()));
    args.addAll(List.of("--store", directory.resolve(name).toString()));
    args.addAll(List.of("--peer", peer.id().toString()));
    args.addAll(List.of("--seed", Long.toString(seed), "--peers-seed", Long.toString(peersSeed)));
    return new KilledNode(name, directory, args);
  }

  /**
   * Kills, and then waits until each has all that the other one sent.
   *
   * @param kills how often
   * @throws IllegalStateException when a packet or a position is not as it is due, when a node ends
   *     by itself, or nothing moves any more
   */
  void run(long kills) throws IOException, InterruptedException {
    alice.start(0);
    await(() -> alice.port() > 0);
    int port = alice.port();
    bob.start(port);
    while (kills() < kills && !stopped.getAsBoolean()) {
      long before = packets();
      if (random.nextInt(EARLY_ONE_IN) > 0) {
        await(() -> packets() > before || stopped.getAsBoolean());
      }
      long end = System.nanoTime() + random.nextInt(LONGEST_LIFE_MILLIS) * 1_000_000L;
      await(() -> System.nanoTime() - end >= 0 || stopped.getAsBoolean());
      KilledNode next = random.nextBoolean() ? alice : bob;
      next.kill();
      next.start(port);
    }
    // A channel that has just opened may still have to hear that it is to finish.
    alice.finish();
    bob.finish();
    await(this::isFinished);
  }

  private boolean isFinished() {
    KilledNode.Position a = alice.position();
    KilledNode.Position b = bob.position();
    return a.finished() && b.finished() && a.received() == b.next() && b.received() == a.next();
  }

  private void await(BooleanSupplier condition) throws InterruptedException {
    long moved = System.nanoTime();
    long before = packets();
    while (!condition.getAsBoolean()) {
      check(alice);
      check(bob);
      long now = System.nanoTime();
      if (packets() != before) {
        before = packets();
        moved = now;
      } else if (now - moved > PATIENCE.toNanos()) {
        throw new IllegalStateException(
            "nothing has moved for %d s: alice is at %s, bob at %s"
                .formatted(PATIENCE.toSeconds(), alice.position(), bob.position()));
      }
      if (now - lastTold >= tellNanos) {
        lastTold = now;
        tell.accept(this);
      }
      Thread.sleep(TICK_MILLIS);
    }
    check(alice);
    check(bob);
  }

  private static void check(KilledNode node) {
    String fault = node.fault();
    if (fault != null) {
      throw new IllegalStateException(fault);
    }
  }

  long kills() {
    return alice.kills() + bob.kills();
  }

  /** How many were taken and stored as taken, both ways. */
  long packets() {
    return alice.position().received() + bob.position().received();
  }

  long openings() {
    return alice.openings() + bob.openings();
  }

  long again() {
    return alice.again() + bob.again();
  }

  /** Ends both, and deletes what they stored. */
  @Override
  public void close() throws IOException {
    bob.end();
    alice.end();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
        Files.deleteIfExists(file);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
