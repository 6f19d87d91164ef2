package io.fluxwire.access;

import io.fluxwire.internal.Callbacks;
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

/**
 * Saves a list after changes. One save runs at a time, and it covers all changes made before its
 * start.
 */
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
      running = true;
      try {
        scheduler.schedule(this::saveAll);
      } catch (RuntimeException | Error e) {
        // The scheduler is disposed, or there is no thread left.
        running = false;
        LOG.warn("{}: bans could not be saved; the next change tries again", file, e);
        complete(takeWaiting(), e);
      }
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
    Throwable failure = null;
    while (hasToSave(failure)) {
      List<Sinks.Empty<Void>> waited;
      synchronized (this) {
        waited = takeWaiting();
        unsaved = false;
      }
      failure = trySave();
      if (failure != null) {
        synchronized (this) {
          unsaved = true;
        }
      }
      complete(waited, failure);
    }
  }

  /** After a failed save only for those who wait in a flush; the next change tries again. */
  private synchronized boolean hasToSave(@Nullable Throwable failure) {
    running = unsaved && (failure == null || !waiting.isEmpty());
    return running;
  }

  private synchronized List<Sinks.Empty<Void>> takeWaiting() {
    List<Sinks.Empty<Void>> taken = waiting;
    waiting = new ArrayList<>();
    return taken;
  }

  /** Catches whatever is thrown: an exception that ended this loop would stop all later saves. */
  private @Nullable Throwable trySave() {
    try {
      save.run();
      return null;
    } catch (Throwable e) {
      LOG.warn("{}: bans could not be saved; the next change tries again", file, e);
      return e;
    }
  }

  /** A subscriber that throws stops neither the other subscribers nor later saves. */
  private void complete(List<Sinks.Empty<Void>> waited, @Nullable Throwable failure) {
    for (Sinks.Empty<Void> one : waited) {
      Callbacks.run(
          "who waited for bans to be saved",
          () -> {
            if (failure == null) {
              one.tryEmitEmpty();
            } else {
              one.tryEmitError(failure);
            }
          });
    }
  }
}
