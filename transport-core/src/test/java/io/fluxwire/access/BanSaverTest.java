package io.fluxwire.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

class BanSaverTest {

  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final Queue<BanSaver.Save> saves = new ArrayDeque<>();
  private final List<String> told = new ArrayList<>();
  private int done;
  private final BanSaver saver =
      new BanSaver(Path.of("bans"), this::save, Schedulers.fromExecutor(tasks::add));

  private void save() throws IOException {
    done++;
    BanSaver.Save next = saves.poll();
    if (next != null) {
      next.run();
    }
  }

  private static void fail() throws IOException {
    throw new IOException("full");
  }

  private void flush() {
    saver
        .flush()
        .subscribe(
            null, failure -> told.add("failed with " + done), () -> told.add("saved with " + done));
  }

  private void runAll() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  @Test
  void aFlushDuringASaveWaitsForTheNextOne() {
    saves.add(this::flush);
    saver.changed();
    runAll();
    assertThat(told).containsExactly("saved with 2");
  }

  @Test
  void aFlushDuringASaveThatFailsTriesAgain() {
    saves.add(
        () -> {
          flush();
          fail();
        });
    saver.changed();
    runAll();
    assertThat(told).containsExactly("saved with 2");
  }

  @Test
  void whatCouldNotBeSavedIsTriedAgainAndNotForEver() {
    saves.add(BanSaverTest::fail);
    saves.add(BanSaverTest::fail);
    saver.changed();
    runAll();
    assertThat(done).isEqualTo(1);
    flush();
    runAll();
    assertThat(told).containsExactly("failed with 2");
    flush();
    runAll();
    assertThat(told).containsExactly("failed with 2", "saved with 3");
  }

  @Test
  void anErrorFailsItsSaveAndTheNextChangeIsSaved() {
    saves.add(
        () -> {
          throw new NoClassDefFoundError("x");
        });
    flushAfterChange();
    assertThat(told).containsExactly("failed with 1");
    flushAfterChange();
    assertThat(told).containsExactly("failed with 1", "saved with 2");
  }

  private void flushAfterChange() {
    saver.changed();
    flush();
    runAll();
  }

  @Test
  void whatASubscriberThrowsStopsNeitherTheOthersNorLaterSaves() {
    saver.changed();
    saver.flush().subscribe(new Thrower());
    flush();
    runAll();
    assertThat(told).containsExactly("saved with 1");
    flushAfterChange();
    assertThat(told).containsExactly("saved with 1", "saved with 2");
  }

  /** Throws what Reactor does not catch. */
  private static final class Thrower implements CoreSubscriber<Void> {

    @Override
    public void onSubscribe(Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(Void nothing) {}

    @Override
    public void onError(Throwable failure) {
      throw new NoClassDefFoundError("y");
    }

    @Override
    public void onComplete() {
      throw new NoClassDefFoundError("y");
    }
  }

  /** Runs tasks at once, and has no thread for the first two. */
  private static final class Exhausted implements Scheduler {

    private int asked;

    @Override
    public Disposable schedule(Runnable task) {
      if (++asked <= 2) {
        throw new OutOfMemoryError("unable to create native thread");
      }
      task.run();
      return Disposables.disposed();
    }

    @Override
    public Worker createWorker() {
      return Schedulers.immediate().createWorker();
    }
  }

  @Test
  void aSchedulerThatTakesNoMoreIsToldAndNotThrownAtWhoBans() {
    BanSaver unlucky = new BanSaver(Path.of("bans"), this::save, new Exhausted());
    unlucky.changed();
    unlucky.flush().subscribe(null, failure -> told.add("refused"));
    assertThat(told).containsExactly("refused");
    unlucky.changed();
    assertThat(done).isEqualTo(1);
  }
}
