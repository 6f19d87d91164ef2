package io.fluxwire.channel.disk;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a process did to the files below a directory, and what it said meanwhile, from strace. */
final class FileCalls {

  private static final String UNFINISHED = " <unfinished ...>";

  private static final Pattern RESUMED =
      Pattern.compile("(\\d+) +<\\.\\.\\. \\w+ resumed>(.*)", Pattern.DOTALL);
  private static final Pattern CALL =
      Pattern.compile("(\\d+) +(\\w+)\\((.*)\\) += (-?\\d+).*", Pattern.DOTALL);

  /** All calls that change files or names; those that {@link #effect} does not know fail a test. */
  private static final String CHANGES =
      "?open,openat,?openat2,?creat,write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,"
          + "sync_file_range,ftruncate,truncate,fallocate,?rename,?renameat,renameat2,?link,linkat,"
          + "?symlink,symlinkat,?unlink,unlinkat,?mkdir,mkdirat,?rmdir,mmap,copy_file_range,"
          + "sendfile,?io_uring_setup";

  /**
   * One call.
   *
   * @param said the line that it said, if it is that
   * @param effect what it does to the disk
   */
  record Call(@Nullable String said, Consumer<TracedDisk> effect) {}

  private final Path root;
  private final List<Call> calls = new ArrayList<>();
  private String output = "";

  private FileCalls(Path root) {
    this.root = root;
  }

  /** The command before a program's, with which its calls are written to a file. */
  static List<String> tracer(Path calls) {
    return List.of(
        "strace",
        "-f",
        "-y",
        "-xx",
        "-qq",
        "-s",
        "1000000",
        "-e",
        "trace=" + CHANGES,
        "-o",
        calls.toString());
  }

  /** Those that succeeded, in the order in which they ended. */
  static List<Call> read(Path calls, Path root) throws IOException {
    FileCalls read = new FileCalls(root);
    Map<String, String> begun = new HashMap<>();
    try (BufferedReader lines = Files.newBufferedReader(calls)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Matcher resumed = RESUMED.matcher(line);
        if (line.endsWith(UNFINISHED)) {
          String start = line.substring(0, line.length() - UNFINISHED.length());
          begun.put(start.substring(0, start.indexOf(' ')), start);
        } else if (resumed.matches()) {
          read.add(begun.remove(resumed.group(1)) + resumed.group(2));
        } else {
          read.add(line);
        }
      }
    }
    return read.calls;
  }

  private void add(String line) {
    Matcher call = CALL.matcher(line);
    if (!call.matches() || call.group(4).startsWith("-")) {
      return;
    }
    // All text is in hexadecimal digits, and so has no comma.
    String[] arguments = call.group(3).split(", ");
    if (call.group(2).equals("write") && arguments[0].startsWith("1<")) {
      say(new String(quoted(arguments[1]), UTF_8));
    } else if (text(call.group(3)).contains(root.toString())) {
      Consumer<TracedDisk> effect = effect(call.group(2), arguments);
      if (effect != null) {
        calls.add(new Call(null, effect));
      }
    }
  }

  private void say(String more) {
    output += more;
    for (int end = output.indexOf('\n'); end >= 0; end = output.indexOf('\n')) {
      calls.add(new Call(output.substring(0, end), disk -> {}));
      output = output.substring(end + 1);
    }
  }

  private static @Nullable Consumer<TracedDisk> effect(String name, String[] arguments) {
    return switch (name) {
      case "open" -> opened(arguments[0], arguments[1]);
      case "openat" -> opened(arguments[1], arguments[2]);
      case "pwrite64" -> written(arguments);
      case "ftruncate" -> {
        Path resized = described(arguments[0]);
        long size = Long.parseLong(arguments[1]);
        yield disk -> disk.resize(resized, size);
      }
      case "fsync", "fdatasync" -> {
        Path synced = described(arguments[0]);
        yield disk -> disk.sync(synced);
      }
      case "rename" -> {
        Path from = named(arguments[0]);
        Path to = named(arguments[1]);
        yield disk -> disk.rename(from, to);
      }
      case "unlink" -> {
        Path removed = named(arguments[0]);
        yield disk -> disk.remove(removed);
      }
      case "mkdir" -> {
        Path made = named(arguments[0]);
        yield disk -> disk.makeDirectory(made);
      }
      default -> throw new IllegalStateException("unknown: " + name + " of " + text(arguments[0]));
    };
  }

  private static @Nullable Consumer<TracedDisk> opened(String file, String flags) {
    boolean create = flags.contains("O_CREAT");
    boolean truncate = flags.contains("O_TRUNC");
    Path opened = named(file);
    return create || truncate ? disk -> disk.open(opened, create, truncate) : null;
  }

  private static Consumer<TracedDisk> written(String[] arguments) {
    Path written = described(arguments[0]);
    byte[] data = quoted(arguments[1]);
    long offset = Long.parseLong(arguments[3]);
    return disk -> disk.write(written, offset, data);
  }

  /** The file of a descriptor, which stands behind its number. */
  private static Path described(String argument) {
    return Path.of(text(argument.substring(argument.indexOf('<') + 1, argument.lastIndexOf('>'))));
  }

  private static Path named(String argument) {
    return Path.of(new String(quoted(argument), UTF_8));
  }

  private static byte[] quoted(String argument) {
    int end = argument.lastIndexOf('"');
    if (end != argument.length() - 1) {
      throw new IllegalStateException("not all of it was traced");
    }
    return HexFormat.of().parseHex(argument.substring(1, end).replace("\\x", ""));
  }

  /** With the digits of short texts as what they stand for. */
  private static String text(String traced) {
    Matcher digits = Pattern.compile("(?:\\\\x[0-9a-f]{2})++").matcher(traced);
    return digits.replaceAll(
        found ->
            found.group().length() > 4 * 1_000
                ? "..."
                : Matcher.quoteReplacement(
                    new String(HexFormat.of().parseHex(found.group().replace("\\x", "")), UTF_8)));
  }
}
