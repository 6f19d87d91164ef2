package io.fluxwire.node;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A node as a process of its own. */
public final class MainProcess {

  private final Process process;
  private final BufferedReader output;

  /** Starts {@code fluxwire} with these arguments. */
  public MainProcess(String... args) throws IOException {
    this(List.of(), args);
  }

  /** With more options for its Java. */
  MainProcess(List<String> options, String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Nothing here runs long enough for the second compiler, which takes a processor for its own.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "-Xmx256m"));
    command.add(Main.class.getName());
    command.addAll(List.of(args));
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    output = process.inputReader(StandardCharsets.UTF_8);
  }

  /** The first line that starts so; what comes after it is read and dropped. */
  public String line(String start) throws IOException {
    String line = output.readLine();
    while (line != null && !line.startsWith(start)) {
      line = output.readLine();
    }
    if (line == null) {
      throw new IOException("it ended without a line that starts with '" + start + "'");
    }
    Thread rest = new Thread(() -> output.lines().forEach(dropped -> {}), "rest of output");
    rest.setDaemon(true);
    rest.start();
    return line;
  }

  /** Ends it at once. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }
}
