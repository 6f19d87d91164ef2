package io.fluxwire.benchmarks.wire;

import io.lettuce.core.RedisURI;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;

/** A Redis of a run's own, on loopback, with an append-only file. */
final class RedisProcess implements Disposable {

  /** Synced once for each turn of Redis' loop, before it answers. */
  static final String ALWAYS = "always";

  /** Synced once a second, behind its back. */
  static final String EVERY_SECOND = "everysec";

  private static final String PROGRAM = "redis-server";

  private final Path folder;
  private final Process process;
  private final RedisURI uri;

  private RedisProcess(Path folder, Process process, RedisURI uri) {
    this.folder = folder;
    this.process = process;
    this.uri = uri;
  }

  /** Returns its version; null where there is none. */
  static @Nullable String version() {
    return Programs.version(PROGRAM, "--version");
  }

  static RedisProcess start(Scratch scratch, String sync) {
    Path folder = scratch.folder();
    try {
      int port = Programs.unusedPort();
      Process process =
          scratch.start(
              new ProcessBuilder(
                      List.of(
                          PROGRAM,
                          "--bind",
                          "127.0.0.1",
                          "--port",
                          String.valueOf(port),
                          "--dir",
                          folder.toString(),
                          "--save",
                          "",
                          "--logfile",
                          "",
                          "--appendonly",
                          "yes",
                          "--appendfsync",
                          sync))
                  .redirectErrorStream(true));
      Programs.awaitLine(process, "accept connections");
      return new RedisProcess(folder, process, RedisURI.create("127.0.0.1", port));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  RedisURI uri() {
    return uri;
  }

  @Override
  public void dispose() {
    process.destroyForcibly().onExit().join();
    Scratch.delete(folder);
  }
}
