package io.fluxwire.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class SessionKeyPairsTest {

  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final Scheduler scheduler = Schedulers.fromExecutor(tasks::add);
  private final SessionKeyPairs pairs = new SessionKeyPairs(Secp256k1::preferred, scheduler);
  private final List<String> taken = new ArrayList<>();

  private void work() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  private void take(int count) {
    for (int i = 0; i < count; i++) {
      pairs.next().subscribe(pair -> taken.add(HexFormat.of().formatHex(pair.publicKey())));
    }
  }

  @Test
  void theFirstIsMadeOnTheSchedulerAndSomeMoreAhead() {
    take(1);
    assertThat(taken).isEmpty();
    work();
    assertThat(taken).hasSize(1);
    take(SessionKeyPairs.AHEAD);
    assertThat(taken).hasSize(1 + SessionKeyPairs.AHEAD);
    take(1);
    assertThat(taken).hasSize(1 + SessionKeyPairs.AHEAD);
  }

  @Test
  void whatWasTakenIsMadeAnew() {
    take(1);
    work();
    for (int i = 0; i < 5; i++) {
      int before = taken.size();
      take(SessionKeyPairs.AHEAD);
      assertThat(taken).hasSize(before + SessionKeyPairs.AHEAD);
      work();
    }
  }

  @Test
  void nobodyGetsAnothersPair() {
    take(3);
    work();
    take(3 * SessionKeyPairs.AHEAD);
    work();
    assertThat(taken).hasSize(3 + 3 * SessionKeyPairs.AHEAD).doesNotHaveDuplicates();
  }

  @Test
  void aSchedulerThatRefusesIsHeardOfAndAskedAgain() {
    scheduler.dispose();
    for (int i = 0; i < 2; i++) {
      StepVerifier.create(pairs.next()).verifyError(RejectedExecutionException.class);
    }
  }

  @Test
  void pairsThatNobodyTookAreWipedInTheEnd() {
    List<SessionKeyPair> held = new ArrayList<>();
    take(1);
    work();
    pairs.next().subscribe(held::add);
    List<SessionKeyPair> waiting = pairs.waiting();
    assertThat(waiting).hasSize(SessionKeyPairs.AHEAD - 1);

    pairs.destroy();

    assertThat(waiting).allMatch(SessionKeyPair::isDestroyed);
    assertThat(held).as("whose handshake has it").noneMatch(SessionKeyPair::isDestroyed);
    assertThat(pairs.waiting()).isEmpty();
    take(2);
    work();
    assertThat(taken).as("made for who asks").hasSize(3);
    assertThat(pairs.waiting()).as("made ahead").isEmpty();
  }

  @Test
  void showsNoKey() {
    take(1);
    work();
    assertThat(pairs).hasToString("SessionKeyPairs[***]");
  }

  /** Runs tasks at once, and has no thread left for the second one. */
  private static final class Exhausted implements Scheduler {

    private int asked;

    @Override
    public Disposable schedule(Runnable task) {
      if (++asked == 2) {
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
  void anErrorOfTheSchedulersEndsNothing() {
    SessionKeyPairs unlucky = new SessionKeyPairs(Secp256k1::preferred, new Exhausted());
    StepVerifier.create(unlucky.next()).expectNextCount(1).verifyComplete();
    StepVerifier.create(unlucky.next()).expectNextCount(1).verifyComplete();
    assertThat(unlucky.waiting()).isNotEmpty();
  }
}
