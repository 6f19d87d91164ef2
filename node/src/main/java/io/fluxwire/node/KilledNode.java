package io.fluxwire.node;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One of the two nodes of {@code soak --kill}, as who kills it sees it. */
final class KilledNode {

  /**
   * What a node has said of itself.
   *
   * @param first all below are with the peer, whose store has that
   * @param next all below were stored here to be sent
   * @param received all of the peer's below were taken here, and the store has that
   * @param delivered all of the peer's below were delivered here
   * @param finished whether no more is going to be sent
   */
  record Position(long first, long next, long received, long delivered, boolean finished) {

    static Position of(String[] words) {
      return new Position(
          Long.parseLong(words[1]),
          Long.parseLong(words[2]),
          Long.parseLong(words[3]),
          Long.parseLong(words[4]),
          Boolean.parseBoolean(words[5]));
    }

    boolean isBehind(Position other) {
      return first < other.first || next < other.next || received < other.received;
    }
  }

  private final String name;
  private final Path directory;
  private final List<String> args;
  private Position position = new Position(0, 0, 0, 0, false);
  private @Nullable Process process;
  private @Nullable Thread reader;
  private @Nullable String fault;
  private int port;
  private boolean killed;
  private long kills;
  private long openings;
  private long again;

  /**
   * Starts nothing yet.
   *
   * @param name for people
   * @param directory what it says on standard error goes there
   * @param args of its command line, without the port
   */
  KilledNode(String name, Path directory, List<String> args) {
    this.name = name;
    this.directory = directory;
    this.args = List.copyOf(args);
  }

  synchronized void start(int atPort) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> flag.startsWith("--enable-native") || flag.startsWith("--sun-misc"))
        .forEach(command::add);
    command.addAll(
        List.of(
            "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Main.class.getName(), "soak-node", "--port", Integer.toString(atPort)));
    command.addAll(args);
    Process started =
        new ProcessBuilder(command).redirectError(Redirect.appendTo(errors().toFile())).start();
    process = started;
    killed = false;
    Thread reading = new Thread(() -> read(started), name);
    reading.setDaemon(true);
    reading.start();
    reader = reading;
  }

  private Path errors() {
    return directory.resolve(name + ".err");
  }

  private void read(Process from) {
    try (BufferedReader lines = from.inputReader(StandardCharsets.US_ASCII)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        heard(line);
      }
    } catch (IOException | UncheckedIOException e) {
      // It has ended.
    }
    ended(from);
  }

  /** A line of its standard output. */
  synchronized void heard(String line) {
    String[] words = line.split(" ");
    if (words.length != (words[0].equals("listening") ? 2 : 6)) {
      fault("it says: " + line);
      return;
    }
    switch (words[0]) {
      case "listening" -> port = Integer.parseInt(words[1]);
      case "opened" -> {
        Position opened = Position.of(words);
        if (opened.isBehind(position)) {
          fault(
              "its store lost what it had: it was at %s and is at %s".formatted(position, opened));
        }
        openings++;
        again += Math.max(0, position.delivered() - opened.received());
        position = opened;
      }
      case "state" -> {
        Position now = Position.of(words);
        if (now.isBehind(position)) {
          fault("it went back from %s to %s".formatted(position, now));
        }
        position = now;
      }
      default -> fault("it says: " + line);
    }
  }

  private synchronized void ended(Process which) {
    if (which == process && !killed) {
      fault("it ended by itself: " + lastError());
    }
  }

  private String lastError() {
    try (Stream<String> lines = Files.lines(errors())) {
      return lines.reduce("it said nothing", (before, line) -> line);
    } catch (IOException | UncheckedIOException e) {
      return "what it said cannot be read";
    }
  }

  private void fault(String what) {
    if (fault == null) {
      fault = name + ": " + what;
    }
  }

  /** SIGKILL, and waits for its end. */
  void kill() throws InterruptedException {
    Process running = forget();
    if (running != null) {
      running.destroyForcibly().waitFor();
      // What it said last is heard before what the next one says first.
      Objects.requireNonNull(reader).join();
      synchronized (this) {
        kills++;
      }
    }
  }

  private synchronized @Nullable Process forget() {
    killed = true;
    return process;
  }

  /** Tells it to send no more than it has. */
  synchronized void finish() throws IOException {
    Process running = process;
    if (running != null) {
      running.getOutputStream().write("finish\n".getBytes(StandardCharsets.US_ASCII));
      running.getOutputStream().flush();
    }
  }

  /** Ends it, whatever it does. */
  void end() {
    Process running = forget();
    if (running == null) {
      return;
    }
    try {
      running.getOutputStream().close();
      if (!running.waitFor(10, TimeUnit.SECONDS)) {
        running.destroyForcibly().waitFor();
      }
    } catch (IOException e) {
      running.destroyForcibly();
    } catch (InterruptedException e) {
      running.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /** What is wrong; null as long as nothing is. */
  synchronized @Nullable String fault() {
    return fault;
  }

  /** The port that it listens on; 0 before it does. */
  synchronized int port() {
    return port;
  }

  synchronized Position position() {
    return position;
  }

  synchronized long kills() {
    return kills;
  }

  /** How often it had its channel open. */
  synchronized long openings() {
    return openings;
  }

  /** How many packets came again after a kill, since their position had not been stored. */
  synchronized long again() {
    return again;
  }
}
