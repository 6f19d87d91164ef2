package io.fluxwire.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.NodeId;
import io.fluxwire.Reason;
import io.fluxwire.group.PeerGroup.Change;
import io.fluxwire.identity.NodeKey;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

/** What is left of connections that were replaced, and of groups. */
class GroupEndTest {

  private static final NodeId ONE = NodeKey.generate().id();
  private static final NodeId OTHER = NodeKey.generate().id();

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

  @Test
  void whoDialsWaitsUntilThePeerIsAbsent() {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    List<String> permitted = new ArrayList<>();
    End first = new End(OTHER, time);
    End second = new End(OTHER, time);
    group.accept(first).subscribe();
    group.add(
        OTHER,
        permission -> {
          Flux.from(permission)
              .subscribe(ignored -> {}, ignored -> {}, () -> permitted.add("once"));
          return Flux.never();
        });
    group.accept(second).subscribe();
    assertThat(permitted).isEmpty();
    second.end(Reason.CONNECTION_LOST);
    assertThat(permitted).containsExactly("once");
  }

  /** Ends when it is told to, and not when it is closed. */
  private final class SlowEnd extends End {

    SlowEnd(NodeId remote) {
      super(remote, time);
    }

    @Override
    public Mono<Void> close() {
      return onClose().then();
    }
  }

  @Test
  void twentyThousandReplacementsLeaveNothingBehind() throws InterruptedException {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    List<String> permitted = new ArrayList<>();
    Map<Class<?>, Integer> changes = new HashMap<>();
    group.changes().subscribe(change -> changes.merge(change.getClass(), 1, Integer::sum));
    group.receive().subscribe();
    SlowEnd connected = new SlowEnd(OTHER);
    group.accept(connected).subscribe();
    group.add(
        OTHER,
        permission ->
            Flux.from(permission).doOnComplete(() -> permitted.add("once")).thenMany(Flux.never()));
    List<WeakReference<End>> replaced = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      SlowEnd next = new SlowEnd(OTHER);
      group.accept(next).subscribe();
      connected.end(Reason.CONNECTION_LOST);
      replaced.add(new WeakReference<>(connected));
      connected = next;
    }
    assertThat(permitted).isEmpty();
    assertThat(changes).isEqualTo(Map.of(Change.Joined.class, 1, Change.Replaced.class, 20_000));
    assertThat(stillReferenced(replaced)).as("ends that something keeps").isZero();

    connected.end(Reason.CONNECTION_LOST);
    assertThat(permitted).containsExactly("once");
    assertThat(changes)
        .isEqualTo(
            Map.of(Change.Joined.class, 1, Change.Replaced.class, 20_000, Change.Left.class, 1));
    group.dispose();
    assertThat(group.onDispose().toFuture()).isCompleted();
  }

  private static long stillReferenced(List<WeakReference<End>> ends) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    long kept;
    do {
      System.gc();
      kept = ends.stream().filter(reference -> reference.get() != null).count();
      TimeUnit.MILLISECONDS.sleep(10);
    } while (kept > 0 && System.nanoTime() < end);
    return kept;
  }

  @Test
  void theEndIsToldOnceAllConnectionsAreClosed() {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    SlowEnd end = new SlowEnd(OTHER);
    List<String> told = new ArrayList<>();
    group.changes().subscribe(change -> {}, failure -> {}, () -> told.add("changes"));
    group.receive().subscribe(packet -> {}, failure -> {}, () -> told.add("packets"));
    group.onDispose().subscribe(ignored -> {}, failure -> {}, () -> told.add("group"));
    group.accept(end).subscribe();
    group.dispose();
    assertThat(group.peers()).isEmpty();
    assertThat(group.health()).isEmpty();
    assertThat(told).containsExactly("changes");
    end.end(Reason.CLOSED_LOCALLY);
    assertThat(told).containsExactlyInAnyOrder("changes", "packets", "group");
    assertThatThrownBy(() -> group.add(OTHER, permission -> Flux.never()))
        .isInstanceOf(IllegalStateException.class);
    End late = new End(OTHER, time);
    group.accept(late).subscribe();
    assertThat(late.isClosed).isTrue();
  }

  /** Takes its time to close. */
  private End slowToClose(Duration slowness) {
    return new End(OTHER, time) {
      @Override
      public Mono<Void> close() {
        return Mono.delay(slowness).then(Mono.fromRunnable(this::dispose));
      }
    };
  }

  @Test
  void closingWaitsUntilTheConnectionsAreClosed() {
    End end = slowToClose(Duration.ofMillis(50));
    try (PeerGroup<String> group = PeerGroup.of(ONE, time)) {
      group.accept(end).subscribe();
    }
    assertThat(end.isClosed).isTrue();
  }

  @Test
  void whatIsOpenAtTheTimeoutIsCut() throws InterruptedException {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    End end = slowToClose(Duration.ofDays(1));
    group.accept(end).subscribe();
    VirtualTimeScheduler timers = VirtualTimeScheduler.getOrSet();
    try {
      Thread closer = new Thread(group::close);
      closer.start();
      while (!end.isClosed) {
        timers.advanceTimeBy(PeerGroup.CLOSE_TIMEOUT);
      }
      closer.join();
    } finally {
      VirtualTimeScheduler.reset();
    }
    assertThat(group.onDispose().toFuture()).isCompleted();
  }

  @Test
  void closingOnAThreadThatMustNotBlockDoesNotWait() {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    End end = slowToClose(Duration.ofDays(1));
    group.accept(end).subscribe();
    Mono.<Void>fromRunnable(group::close).subscribeOn(Schedulers.parallel()).block();
    assertThat(end.isClosed).isFalse();
    assertThat(group.isDisposed()).isTrue();
  }
}
