package io.fluxwire.benchmarks.fleet;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The process of one instance, as the trial sees it. */
final class TrialInstance {

  private final Process process;
  private final BufferedReader says;
  private final PrintStream told;

  TrialInstance(ProcessBuilder command) {
    try {
      process = command.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly, "instances"));
    says = process.inputReader(StandardCharsets.UTF_8);
    told = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
  }

  /** What it says next. */
  String line() {
    try {
      String line = says.readLine();
      if (line == null) {
        throw new IllegalStateException("an instance has ended: " + process);
      }
      return line;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Asks on another thread. */
  CompletableFuture<String> ask(String command) {
    told.println(command);
    return CompletableFuture.supplyAsync(this::line);
  }

  /** Ends it in good order, and waits for that. */
  void leave() {
    told.println("leave");
    try {
      if (!process.waitFor(1, TimeUnit.MINUTES)) {
        throw new IllegalStateException("an instance does not end: " + process);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** Stops its clock, as it were: it holds its sockets, and does nothing. */
  void signal(String name) {
    try {
      new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
          .inheritIO()
          .start()
          .onExit()
          .join();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
