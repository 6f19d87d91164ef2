package io.fluxwire.channel.disk;

import io.fluxwire.channel.ChannelWrite;
import io.fluxwire.channel.StoredChannel;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A process of its own that has a channel open. */
final class StoreProcess implements AutoCloseable {

  private static final String SAID = "said: ";

  private static final int SIZE = 3_000;

  /** How many writes are a little. */
  static final int WRITES = 20;

  /** How many packets it keeps before it deletes from the front. */
  private static final int KEPT = 200;

  private final Process process;
  private final BufferedReader output;

  private StoreProcess(Process process) {
    this.process = process;
    this.output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  static StoreProcess start(Path directory, String work, String... flags) throws IOException {
    return start(List.of(), directory, work, flags);
  }

  /** Starts it by another program, to which the rest of the command line is handed. */
  static StoreProcess start(List<String> launcher, Path directory, String work, String... flags)
      throws IOException {
    List<String> command = new ArrayList<>(launcher);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(flags));
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(StoreProcess.class.getName(), directory.toString(), work));
    return new StoreProcess(
        new ProcessBuilder(command).redirectError(new File("target/store-process.log")).start());
  }

  /** Whether another program is there by which one can be started. */
  static boolean runs(List<String> tracer) throws Exception {
    List<String> command = new ArrayList<>(tracer);
    command.add("true");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(new File("target/strace.log"))
              .start();
      return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** The next thing that it said; null once it is gone. */
  @Nullable String line() throws IOException {
    String line = output.readLine();
    while (line != null && !line.startsWith(SAID)) {
      // A log's.
      line = output.readLine();
    }
    return line == null ? null : line.substring(SAID.length());
  }

  private static void say(Object what) {
    System.out.println(SAID + what);
  }

  @Override
  public void close() throws InterruptedException {
    // The process itself would close its output, and what it said last would be lost.
    process.toHandle().destroyForcibly();
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      throw new IllegalStateException("it does not end");
    }
  }

  /** A packet that is told from all others. */
  static byte[] packet(long number) {
    return DiskSamples.payload(number, 1 + (int) (number * 7 % SIZE));
  }

  public static void main(String[] args) throws Exception {
    if (args[1].startsWith("script")) {
      StoreScript.parse(args[1]).run(Path.of(args[0]), () -> say("stored"));
      return;
    }
    StoredChannel channel = DiskSamples.open(DiskChannelStore.create(Path.of(args[0])));
    switch (args[1]) {
      case "hold" -> {
        say("open");
        while (System.in.read() >= 0) {
          // It ends with whoever started it, at the latest.
        }
      }
      case "write" -> writeFor(channel, Integer.MAX_VALUE);
      case "write a little" -> writeFor(channel, WRITES);
      case "read" -> readAll(channel);
      default -> throw new IllegalArgumentException(args[1]);
    }
  }

  private static void writeFor(StoredChannel channel, int writes) {
    long next = channel.state().next();
    long first = channel.state().first();
    for (int write = 0; write < writes; write++) {
      List<byte[]> packets = new ArrayList<>();
      for (long n = 0; n < 1 + next % 50; n++) {
        packets.add(packet(next + n));
      }
      long after = next + packets.size();
      first = Math.max(first, after - KEPT);
      channel
          .write(new ChannelWrite(packets, first, after, 0, after, channel.state().peer()))
          .block();
      next = after;
      say(next);
    }
  }

  /** All that is kept, a mebibyte at a time. */
  private static void readAll(StoredChannel channel) {
    long bytes = 0;
    for (long next = channel.state().first(); next < channel.state().next(); ) {
      List<byte[]> packets = channel.read(next, 1 << 20).block();
      for (byte[] packet : packets) {
        bytes += packet.length;
      }
      next += packets.size();
    }
    channel.close().block();
    say(bytes);
  }
}
