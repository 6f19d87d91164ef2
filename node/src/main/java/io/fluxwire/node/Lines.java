package io.fluxwire.node;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SynchronousSink;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * An input's lines, for one subscriber after the other. A thread of its own reads, since reading
 * standard input cannot be interrupted, and a subscriber that has gone must not take a line along.
 */
final class Lines {

  private static final int AHEAD = 128;

  private final BlockingQueue<Optional<String>> queue = new LinkedBlockingQueue<>(AHEAD);
  private final AtomicBoolean started = new AtomicBoolean();
  private final Scheduler takers = Schedulers.newSingle("lines", true);
  private final InputStream input;
  private volatile boolean done;
  private volatile @Nullable IOException failure;

  Lines(InputStream input) {
    this.input = input;
  }

  /** Whether a subscriber has seen the end. */
  boolean isDone() {
    return done;
  }

  /** The lines from here on. */
  Flux<String> read() {
    return Flux.generate(this::take).subscribeOn(takers);
  }

  private void take(SynchronousSink<String> sink) {
    if (started.compareAndSet(false, true)) {
      Thread reader = new Thread(this::fill, "stdin");
      reader.setDaemon(true);
      reader.start();
    }
    if (done) {
      sink.complete();
      return;
    }
    try {
      Optional<String> line = queue.take();
      IOException broken = failure;
      if (line.isPresent()) {
        sink.next(line.get());
      } else if (broken != null) {
        sink.error(broken);
      } else {
        done = true;
        sink.complete();
      }
    } catch (InterruptedException e) {
      // The subscriber is gone.
      sink.complete();
    }
  }

  private void fill() {
    try {
      BufferedReader reader =
          new BufferedReader(new InputStreamReader(input, StandardCharsets.UTF_8));
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        queue.put(Optional.of(line));
      }
    } catch (IOException e) {
      failure = e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      queue.put(Optional.empty());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
