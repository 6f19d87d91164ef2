package io.fluxwire.node;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.publisher.SynchronousSink;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * An input's lines, for one subscriber after the other. A thread of its own reads, since reading
 * standard input cannot be interrupted, and a subscriber that has gone must not take a line along.
 * Lines are bytes, and end at a line feed: what is not UTF-8 is the peer's to judge.
 */
final class Lines {

  /** What is read at once, and so the lines of one batch, but for the beginning of the first. */
  private static final int CHUNK = 64 * 1024;

  /** Batches. */
  private static final int AHEAD = 2;

  /** No batch. An input that cannot be read on ends like another; {@link #failure()} knows. */
  private static final List<ByteString> END = List.of();

  /** Guarded by this, as is the leaving of a subscriber: which gets a batch is decided once. */
  private final Deque<List<ByteString>> queue = new ArrayDeque<>();

  private final Scheduler takers =
      Schedulers.newBoundedElastic(1, Integer.MAX_VALUE, "lines", 60, true);
  private final Sinks.Empty<Void> allRead = Sinks.empty();
  private final InputStream input;
  private final LineRule rule;
  private volatile boolean done;

  /** Of the reading thread. */
  private long count;

  private volatile @Nullable Throwable failure;

  /**
   * Starts to read.
   *
   * @param input is read to its end
   * @param rule what a line of it may be
   */
  Lines(InputStream input, LineRule rule) {
    this.input = input;
    this.rule = rule;
    Thread reader = new Thread(this::fill, "stdin");
    reader.setDaemon(true);
    reader.start();
  }

  /** Whether a subscriber has seen the end. */
  boolean isDone() {
    return done;
  }

  /** Whether there is no line left, and there will be none. */
  synchronized boolean isExhausted() {
    List<ByteString> next = queue.peek();
    return done || (next != null && next.isEmpty());
  }

  /** Completes when the input has been read to its end; lines may be left. */
  Mono<Void> allRead() {
    return allRead.asMono();
  }

  /** Why the input ended before its end, if it did. */
  @Nullable Throwable failure() {
    return failure;
  }

  /** The lines from here on, as many at once as have come at once. */
  Flux<List<ByteString>> read() {
    return Flux.defer(
        () -> {
          Subscriber subscriber = new Subscriber();
          return Flux.<List<ByteString>>generate(sink -> take(subscriber, sink))
              .subscribeOn(takers)
              .doOnCancel(() -> leave(subscriber));
        });
  }

  private synchronized void leave(Subscriber subscriber) {
    subscriber.gone = true;
    notifyAll();
  }

  private void take(Subscriber subscriber, SynchronousSink<List<ByteString>> sink) {
    List<ByteString> lines = END;
    try {
      lines = next(subscriber);
    } catch (InterruptedException e) {
      // The subscriber is gone.
      Thread.currentThread().interrupt();
    }
    if (lines.isEmpty()) {
      sink.complete();
    } else {
      sink.next(lines);
    }
  }

  private synchronized List<ByteString> next(Subscriber subscriber) throws InterruptedException {
    while (queue.isEmpty() && !subscriber.gone && !done) {
      wait();
    }
    if (subscriber.gone || done) {
      return END;
    }
    List<ByteString> lines = queue.remove();
    done = lines.isEmpty();
    notifyAll();
    return lines;
  }

  private synchronized void put(List<ByteString> lines) throws InterruptedException {
    while (queue.size() >= AHEAD) {
      wait();
    }
    queue.add(lines);
    notifyAll();
  }

  private void fill() {
    try {
      try {
        readAll();
      } catch (IOException | RuntimeException | Error e) {
        failure = e;
      }
      put(END);
      allRead.tryEmitEmpty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void readAll() throws IOException, InterruptedException {
    byte[] chunk = new byte[CHUNK];
    ByteArrayOutputStream begun = new ByteArrayOutputStream();
    for (int length = input.read(chunk); length >= 0; length = input.read(chunk)) {
      List<ByteString> lines = new ArrayList<>();
      int start = 0;
      for (int i = 0; i < length; i++) {
        if (chunk[i] != '\n') {
          continue;
        }
        if (begun.size() + i - start > rule.longest()) {
          break;
        }
        begun.write(chunk, start, i - start);
        add(lines, begun);
        start = i + 1;
      }
      if (!lines.isEmpty()) {
        put(lines);
      }
      begun.write(chunk, start, length - start);
      if (begun.size() > rule.longest()) {
        // Without waiting for its end, which may be far.
        throw new IOException("a line of standard input is over " + rule.limit());
      }
    }
    if (begun.size() > 0) {
      List<ByteString> last = new ArrayList<>();
      add(last, begun);
      put(last);
    }
  }

  /** Adds a whole line to those before it, which are still sent if it is not what it has to be. */
  private void add(List<ByteString> lines, ByteArrayOutputStream whole)
      throws IOException, InterruptedException {
    count++;
    try {
      lines.add(rule.reading().apply(ByteString.copyFrom(whole.toByteArray())));
    } catch (IllegalArgumentException e) {
      if (!lines.isEmpty()) {
        put(lines);
      }
      throw new IOException("line %,d of standard input %s".formatted(count, e.getMessage()), e);
    }
    whole.reset();
  }

  private static final class Subscriber {
    private boolean gone;
  }
}
