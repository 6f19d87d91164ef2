package io.fluxwire;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Saves after changes, one save at a time, each for all changes up to its start. */
final class BanSaver {

  private static final Logger LOG = LoggerFactory.getLogger(BanSaver.class);

  private final Path file;
  private final Save save;
  private final Scheduler scheduler;

  private List<Sinks.Empty<Void>> waiting = new ArrayList<>();
  private boolean unsaved;
  private boolean running;

  /** Writes what there is now. */
  @FunctionalInterface
  interface Save {
    void run() throws IOException;
  }

  BanSaver(Path file, Save save) {
    this(file, save, Schedulers.boundedElastic());
  }

  BanSaver(Path file, Save save, Scheduler scheduler) {
    this.file = file;
    this.save = save;
    this.scheduler = scheduler;
  }

  synchronized void changed() {
    unsaved = true;
    start();
  }

  private void start() {
    if (!running) {
      scheduler.schedule(this::saveAll);
      running = true;
    }
  }

  Mono<Void> flush() {
    return Mono.defer(
        () -> {
          Sinks.Empty<Void> saved = Sinks.empty();
          synchronized (this) {
            if (!running && !unsaved) {
              return Mono.empty();
            }
            // The save that runs may have begun before the last change.
            waiting.add(saved);
            unsaved = true;
            start();
          }
          return saved.asMono();
        });
  }

  private void saveAll() {
    boolean failed = false;
    while (true) {
      List<Sinks.Empty<Void>> told;
      synchronized (this) {
        if (!unsaved || (failed && waiting.isEmpty())) {
          running = false;
          return;
        }
        told = waiting;
        waiting = new ArrayList<>();
        unsaved = false;
      }
      Exception failure = trySave();
      failed = failure != null;
      if (failed) {
        synchronized (this) {
          unsaved = true;
        }
      }
      for (Sinks.Empty<Void> one : told) {
        if (failure == null) {
          one.tryEmitEmpty();
        } else {
          one.tryEmitError(failure);
        }
      }
    }
  }

  private @Nullable Exception trySave() {
    try {
      save.run();
      return null;
    } catch (IOException | RuntimeException e) {
      LOG.warn("{}: bans could not be saved; the next change tries again", file, e);
      return e;
    }
  }
}
