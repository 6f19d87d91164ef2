package io.fluxwire.benchmarks.wire;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;

/**
 * A folder for what is stored, and the processes that store in it. Whatever ends this process but a
 * kill, they are ended and it is deleted.
 */
final class Scratch {

  private final Path root;
  private final Queue<Process> processes = new ConcurrentLinkedQueue<>();

  private Scratch(Path root) {
    this.root = root;
  }

  static Scratch in(Path folder) throws IOException {
    Files.createDirectories(folder);
    Scratch made = new Scratch(Files.createTempDirectory(folder, "run-").toAbsolutePath());
    Runtime.getRuntime().addShutdownHook(new Thread(made::end, "scratch"));
    return made;
  }

  /** A folder of one's own. */
  Path folder() {
    try {
      return Files.createTempDirectory(root, "store-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts a process that is not to outlive this one. */
  Process start(ProcessBuilder command) throws IOException {
    Process started = command.start();
    processes.add(started);
    started.onExit().thenRun(() -> processes.remove(started));
    return started;
  }

  /** Deletes a folder; what is still written to it may be left until the end. */
  static void delete(Path folder) {
    try (Stream<Path> all = Files.walk(folder)) {
      List<Path> inside = all.sorted(Comparator.reverseOrder()).toList();
      inside.stream().map(Path::toFile).forEach(File::delete);
    } catch (IOException | UncheckedIOException e) {
      // Files that others delete meanwhile.
    }
  }

  private void end() {
    for (Process process : processes) {
      process.destroyForcibly().onExit().join();
    }
    delete(root);
    if (Files.exists(root)) {
      System.err.println("not all of " + root + " could be deleted");
    }
  }
}
