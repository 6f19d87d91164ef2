package io.fluxwire.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.NodeId;
import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.fluxwire.Undelivered;
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
import org.reactivestreams.Publisher;
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
  private class SlowEnd extends End {

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

  @Test
  void aGracefulCloseSaysWhatWasNotDelivered() {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    List<Undelivered> told = new ArrayList<>();
    List<SlowEnd> ends = new ArrayList<>();
    for (int packets = 1; packets <= 2; packets++) {
      Undelivered left = new Undelivered(packets, 10);
      SlowEnd end =
          new SlowEnd(NodeKey.generate().id()) {
            @Override
            public Mono<Undelivered> undelivered() {
              return onClose().thenReturn(left);
            }
          };
      ends.add(end);
      group.accept(end).subscribe();
    }
    Mono<Undelivered> close = group.closeGracefully();
    assertThat(group.isDisposed()).isFalse();
    close.subscribe(told::add);
    assertThat(group.isDisposed()).isTrue();
    ends.get(0).end(Reason.CLOSED_LOCALLY);
    assertThat(told).isEmpty();
    ends.get(1).end(Reason.CLOSED_LOCALLY);

    assertThat(told).containsExactly(new Undelivered(3, 20));
    group.closeGracefully().subscribe(told::add);
    assertThat(told.get(1)).isEqualTo(Undelivered.NOTHING);
  }

  @Test
  void aGracefulCloseThatIsCancelledBeforeItsTurnEndsTheGroupAllTheSame() {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    List<String> told = new ArrayList<>();
    group
        .changes()
        // Told in a turn, which the close's has to wait for.
        .subscribe(
            change -> group.closeGracefully().subscribe().dispose(),
            failure -> {},
            () -> told.add("changes"));
    End end = new End(OTHER, time);
    group.accept(end).subscribe();

    assertThat(group.isDisposed()).isTrue();
    assertThat(told).containsExactly("changes");
    assertThat(end.isClosed).isTrue();
    assertThat(group.onDispose().toFuture()).isCompleted();
  }

  @Test
  void whoWaitsForPeersIsToldOnceThereAreAsManyAtATime() {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    List<Object> two = new ArrayList<>();
    List<Object> three = new ArrayList<>();
    End first = new End(NodeKey.generate().id(), time);
    group.accept(first).subscribe();
    group.awaitPeers(2).subscribe(null, two::add, () -> two.add("there"));
    group.awaitPeers(3).subscribe(null, three::add, () -> three.add("there"));
    first.end(Reason.CONNECTION_LOST);
    group.accept(new End(NodeKey.generate().id(), time)).subscribe();
    assertThat(two).isEmpty();
    group.accept(new End(NodeKey.generate().id(), time)).subscribe();
    assertThat(two).containsExactly("there");
    group.awaitPeers(2).subscribe(null, two::add, () -> two.add("at once"));
    group.awaitPeers(0).subscribe(null, two::add, () -> two.add("none"));
    assertThat(two).containsExactly("there", "at once", "none");
    assertThat(three).isEmpty();
    group.dispose();

    assertThat(three).singleElement().isInstanceOf(ConnectionClosedException.class);
  }

  @Test
  void aPeerThatEndsMeanwhileIsNotCountedAndABadPacketIsAnError() {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    PacketException bad = new PacketException(Reason.PACKET_UNSENDABLE, "too long");
    group
        .accept(
            new End(NodeKey.generate().id(), time) {
              @Override
              public Mono<Void> send(Publisher<? extends String> packets) {
                return Mono.defer(
                    () -> {
                      dispose();
                      return super.send(packets);
                    });
              }
            })
        .subscribe();
    group.accept(new End(NodeKey.generate().id(), time)).subscribe();
    List<Object> outcomes = new ArrayList<>();
    group.sendToAll("good").subscribe(outcomes::add, outcomes::add);
    group
        .accept(
            new End(NodeKey.generate().id(), time) {
              @Override
              public Mono<Void> send(Publisher<? extends String> packets) {
                return Mono.error(bad);
              }
            })
        .subscribe();
    group.sendToAll("bad").subscribe(outcomes::add, outcomes::add);

    assertThat(outcomes).containsExactly(1, bad);
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
