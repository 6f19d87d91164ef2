package telemetry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process that is started, killed and started again, with a log in one file. */
final class Program {

  /** How a JVM ends that SIGTERM has ended, its shutdown hooks run. */
  static final int TERMINATED = 128 + 15;

  private final Path log;
  private final ProcessBuilder builder;
  private Process process;

  Program(Path folder, String name, List<String> command) {
    log = folder.resolve(name + ".log");
    builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
  }

  void start() throws IOException {
    process = builder.start();
  }

  boolean isRunning() {
    return process != null && process.isAlive();
  }

  /** As {@code kill -9}. */
  void kill() throws InterruptedException {
    if (isRunning()) {
      process.destroyForcibly().waitFor();
    }
  }

  /** As {@code kill}; its exit code, or -1 if it does not end. */
  int terminate() throws InterruptedException {
    process.destroy();
    return process.waitFor(60, TimeUnit.SECONDS) ? process.exitValue() : -1;
  }

  String log() throws IOException {
    return Files.exists(log) ? Files.readString(log) : "";
  }
}
