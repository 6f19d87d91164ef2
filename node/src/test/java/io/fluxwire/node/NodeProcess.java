package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A node as a process of its own, with all its streams. */
final class NodeProcess {

  private final Process process;
  private final BufferedReader out;
  private String[] listening = new String[0];

  /**
   * Starts it.
   *
   * @param copies an empty folder, or one that other nodes got; its path is ASCII
   * @param args the command line
   */
  NodeProcess(Path copies, String... args) throws IOException {
    this(copies, Redirect.PIPE, Redirect.PIPE, args);
  }

  /** As the other one, with a file in the place of a pipe. */
  NodeProcess(Path copies, Redirect from, Redirect to, String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // What keeps newer JDKs from printing warnings on standard error.
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> flag.startsWith("--enable-native") || flag.startsWith("--sun-misc"))
        .forEach(command::add);
    // Nothing here runs long enough for the second compiler, which takes a processor for its own.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of("-cp", classPath(copies), "-Xmx256m"));
    command.add(Main.class.getName());
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command).redirectInput(from).redirectOutput(to);
    // Lines are UTF-8 whatever the locale says.
    builder.environment().put("LC_ALL", "C");
    process = builder.start();
    out = process.inputReader(StandardCharsets.UTF_8);
  }

  void awaitListening() throws IOException {
    heardListening(out.readLine());
  }

  /** Of a channel, whose lines have standard output for themselves. */
  void awaitListeningToAChannel() throws IOException {
    assertThat(errorReader().readLine()).startsWith("channel ");
    heardListening(errorReader().readLine());
  }

  private void heardListening(String line) {
    assertThat(line).matches("listening 127\\.0\\.0\\.1:\\d+ id [0-9a-f]{66}");
    listening = line.split(" ");
  }

  void awaitListeningAt(Path path) throws IOException {
    String line = out.readLine();
    assertThat(line).startsWith("listening unix:" + path + " id ");
    listening = line.split(" ");
  }

  String readLine() throws IOException {
    return out.readLine();
  }

  BufferedReader errorReader() {
    return process.errorReader(StandardCharsets.UTF_8);
  }

  OutputStream input() {
    return process.getOutputStream();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  String address() {
    return listening[1];
  }

  String id() {
    return listening[3];
  }

  void write(List<String> lines) {
    try (Writer in = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8)) {
      for (String line : lines) {
        in.write(line + "\n");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<String> restOfOutput() {
    return out.lines().toList();
  }

  List<String> errors() {
    return errorReader().lines().toList();
  }

  /** SIGTERM; unlike the process, its handle leaves the streams open. */
  void stop() {
    process.toHandle().destroy();
  }

  /** SIGKILL. */
  void kill() {
    process.destroyForcibly().onExit().join();
  }

  int exitCode() throws InterruptedException {
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
    return process.exitValue();
  }

  /** A JVM in a locale that knows ASCII alone finds no folder of another name, nor by a link. */
  private static String classPath(Path copies) throws IOException {
    List<String> entries = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      Path copy = copies.resolve(Integer.toString(entries.size()));
      if (StandardCharsets.US_ASCII.newEncoder().canEncode(entry)) {
        entries.add(entry);
      } else if (Files.exists(copy)) {
        entries.add(copy.toString());
      } else {
        entries.add(copied(Path.of(entry), copy));
      }
    }
    return String.join(File.pathSeparator, entries);
  }

  private static String copied(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
    return to.toString();
  }
}
