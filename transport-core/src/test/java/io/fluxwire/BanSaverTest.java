package io.fluxwire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;
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
}
