package io.fluxwire.node;

import io.fluxwire.internal.PrintableText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Standard output or standard error. A thread of its own writes, since whoever reads may stop to
 * (Ctrl-S, a pager, a pipe that is stuck), and an event loop must not stop with it. What waits is
 * bounded: who tells never waits and may lose lines, which are counted; who says waits for room.
 */
final class Output {

  /** The bytes that may wait; whoever finds less than these gets a whole text in. */
  static final int LIMIT = 256 * 1024;

  /** What a text costs besides its bytes, about. */
  private static final int OVERHEAD = 32;

  private static final int BATCH = 64 * 1024;

  /** How long the reader is waited for in the end, once the process has been told to stop. */
  private static final long LAST_WAIT = TimeUnit.MILLISECONDS.toNanos(500);

  private enum State {
    /** Who says waits for the reader. */
    PATIENT,
    /** Nobody waits for the reader any more. */
    HURRIED,
    /** Takes nothing more. */
    FINISHED
  }

  private record Text(byte[] bytes, Runnable written) {}

  private final String name;
  private final OutputStream to;
  private final boolean terminal;
  private final Sinks.One<IOException> failed = Sinks.one();

  // The rest is guarded by this, which nobody holds for longer than it takes to copy a batch.
  private final Deque<Text> queue = new ArrayDeque<>();
  private final List<Runnable> inWriting = new ArrayList<>();
  private State state = State.PATIENT;
  private int bytes;
  private long leftOut;
  private long leftOutSaid;
  private long unread;
  private LongFunction<String> whatIsLeftOut = count -> new Event.LeftOut(count).forPerson();
  private boolean writerStarted;
  private boolean lastWriteFailed;
  private @Nullable IOException failure;

  /**
   * An output.
   *
   * @param name what people call it
   * @param to where it goes; a write may block
   * @param terminal whether a terminal acts on what is written
   */
  Output(String name, OutputStream to, boolean terminal) {
    this.name = name;
    this.to = to;
    this.terminal = terminal;
  }

  boolean isTerminal() {
    return terminal;
  }

  /**
   * Has another line stand in the place of those that are left out.
   *
   * @param line is given how many they are so far
   */
  synchronized void sayWhatIsLeftOut(LongFunction<String> line) {
    whatIsLeftOut = line;
  }

  /** Writes a line when its turn comes. Never waits: while too much waits, the line is left out. */
  void tell(String line) {
    offer(encode(PrintableText.of(line) + "\n"));
  }

  /** As {@link #tell}, over the terminal's current line. */
  void overwrite(String line) {
    offer(encode("\r" + PrintableText.of(line) + "  "));
  }

  /** As {@link #tell}, but waits for room: for the command's own thread. */
  void say(String line) {
    write(encode(PrintableText.of(line) + "\n"));
  }

  /**
   * Writes a line that a peer wrote, byte for byte; but nothing that a terminal would act on, if
   * this is one. Waits for room.
   */
  void copy(byte[] line) {
    copy(line, Output::nobodyIsTold);
  }

  /**
   * As {@link #copy(byte[])}.
   *
   * @param written is told once the system has taken the line, and all before it: not after a write
   *     that failed. Must not block
   * @return whether it waits to be written; if not, it never is
   */
  boolean copy(byte[] line, Runnable written) {
    if (terminal) {
      String text = PrintableText.of(new String(line, StandardCharsets.UTF_8));
      return write(encode(text + "\n"), written);
    }
    byte[] whole = new byte[line.length + 1];
    System.arraycopy(line, 0, whole, 0, line.length);
    whole[line.length] = '\n';
    return write(whole, written);
  }

  /** Waits for room, and takes any text as it is. */
  PrintWriter writer() {
    return new PrintWriter(
        new OutputStreamWriter(
            new TextSink() {
              @Override
              void take(byte[] text) {
                Output.this.write(text);
              }
            },
            StandardCharsets.UTF_8),
        true);
  }

  /** Never waits, and takes any text as it is; closing it is {@link #finish()}. */
  PrintStream asides() {
    return new PrintStream(
        new TextSink() {
          @Override
          void take(byte[] text) {
            offer(text);
          }

          @Override
          public void close() {
            finish();
          }
        },
        false,
        StandardCharsets.UTF_8);
  }

  /** Gives the first failure to write, if there ever is one. */
  Mono<IOException> failed() {
    return failed.asMono();
  }

  /** Whether whoever read it has gone, such as {@code head} after its last line. */
  static boolean isReaderGone(IOException failure) {
    // The system's words for EPIPE, of which Java keeps no number.
    return String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT).contains("broken pipe");
  }

  /** Has nobody wait for the reader any more: the process has been told to stop. */
  synchronized void hurry() {
    if (state == State.PATIENT) {
      state = State.HURRIED;
      notifyAll();
    }
  }

  /**
   * Waits until all is written; in a hurry, a moment only. Takes nothing from then on.
   *
   * @return why something could not be written, or null
   */
  synchronized @Nullable IOException finish() {
    try {
      long deadline = 0;
      while (isBusy()) {
        if (state == State.PATIENT) {
          wait();
          continue;
        }
        deadline = deadline == 0 ? System.nanoTime() + LAST_WAIT : deadline;
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0) {
          break;
        }
        wait(left);
      }
      unread += queue.size() + inWriting.size();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    state = State.FINISHED;
    notifyAll();
    return failure;
  }

  /** How many texts were given up because the reader did not take them. */
  synchronized long unread() {
    return unread;
  }

  private boolean isBusy() {
    return state != State.FINISHED
        && (!inWriting.isEmpty() || !queue.isEmpty() || hasToSayWhatIsLeftOut());
  }

  private static void nobodyIsTold() {}

  private static byte[] encode(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private synchronized void offer(byte[] text) {
    if (isOpen()) {
      add(text, Output::nobodyIsTold);
    } else {
      leftOut++;
    }
  }

  private void write(byte[] text) {
    write(text, Output::nobodyIsTold);
  }

  private synchronized boolean write(byte[] text, Runnable written) {
    try {
      while (state == State.PATIENT && bytes >= LIMIT) {
        wait();
      }
      if (isOpen()) {
        add(text, written);
        return true;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    unread++;
    return false;
  }

  private boolean isOpen() {
    return state != State.FINISHED && bytes < LIMIT;
  }

  private void add(byte[] text, Runnable written) {
    if (leftOut > leftOutSaid) {
      enqueue(leftOutNow(), Output::nobodyIsTold);
    }
    enqueue(text, written);
    if (!writerStarted) {
      writerStarted = true;
      Thread writer = new Thread(this::writeAll, name);
      writer.setDaemon(true);
      writer.start();
    }
    notifyAll();
  }

  private void enqueue(byte[] text, Runnable written) {
    queue.add(new Text(text, written));
    bytes += text.length + OVERHEAD;
  }

  /** At its place in the output. Where writing fails, the next line is tried first. */
  private boolean hasToSayWhatIsLeftOut() {
    return leftOut > leftOutSaid && !lastWriteFailed;
  }

  private byte[] leftOutNow() {
    leftOutSaid = leftOut;
    return encode(whatIsLeftOut.apply(leftOut) + "\n");
  }

  private void writeAll() {
    for (byte[] batch = next(); batch.length > 0; batch = next()) {
      IOException broken = null;
      try {
        to.write(batch);
        to.flush();
      } catch (IOException e) {
        broken = e;
      }
      written(broken);
    }
  }

  /** What is to be written next, or nothing in the end. */
  private synchronized byte[] next() {
    ByteArrayOutputStream batch = new ByteArrayOutputStream();
    try {
      while (queue.isEmpty() && !hasToSayWhatIsLeftOut()) {
        if (state == State.FINISHED) {
          return batch.toByteArray();
        }
        wait();
      }
    } catch (InterruptedException e) {
      // Nobody has this thread to interrupt it; if somebody did, it would have to end.
      Thread.currentThread().interrupt();
      return batch.toByteArray();
    }
    if (queue.isEmpty()) {
      enqueue(leftOutNow(), Output::nobodyIsTold);
    }
    while (!queue.isEmpty() && batch.size() < BATCH) {
      Text text = queue.remove();
      batch.writeBytes(text.bytes());
      bytes -= text.bytes().length + OVERHEAD;
      inWriting.add(text.written());
    }
    notifyAll();
    return batch.toByteArray();
  }

  private void written(@Nullable IOException broken) {
    settle(broken).forEach(Runnable::run);
    if (broken != null) {
      failed.tryEmitValue(broken);
    }
  }

  /** Who is to be told that they are written. */
  private synchronized List<Runnable> settle(@Nullable IOException broken) {
    lastWriteFailed = broken != null;
    if (broken != null) {
      leftOut += inWriting.size();
      failure = failure == null ? broken : failure;
    }
    List<Runnable> told = failure == null ? List.copyOf(inWriting) : List.of();
    inWriting.clear();
    notifyAll();
    return told;
  }
}
