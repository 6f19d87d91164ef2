package io.fluxwire.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.dial.ConnectionHealth;
import io.fluxwire.group.PeerGroup.Change;
import io.fluxwire.identity.NodeKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

/** What a group tells of its members. */
class GroupChangesTest {

  private static final NodeId ONE = NodeKey.generate().id();
  private static final NodeId OTHER = NodeKey.generate().id();

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

  @Test
  void whoSubscribesMeanwhileHearsOfAJoinOnce() {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    List<Change<String>> changes = new ArrayList<>();
    NodeId another = NodeKey.generate().id();
    group
        .changes()
        .filter(change -> change.peer().equals(OTHER))
        .subscribe(
            change -> {
              group.accept(new End(another, time)).subscribe();
              group.changes().subscribe(changes::add);
            });
    group.accept(new End(OTHER, time)).subscribe();
    assertThat(changes).hasExactlyElementsOfTypes(Change.Joined.class, Change.Joined.class);
    assertThat(changes).extracting(Change::peer).containsExactlyInAnyOrder(OTHER, another);
  }

  @Test
  void whoSubscribesMeanwhileHearsOfNoLeaveWithoutItsJoin() {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    List<Change<String>> changes = new ArrayList<>();
    End leaves = new End(NodeKey.generate().id(), time);
    group.accept(leaves).subscribe();
    group
        .changes()
        .filter(change -> change.peer().equals(OTHER))
        .subscribe(
            change -> {
              leaves.end(Reason.CLOSED_BY_PEER);
              group.changes().subscribe(changes::add);
            });
    group.accept(new End(OTHER, time)).subscribe();
    assertThat(changes).extracting(Change::peer).containsExactly(OTHER);
  }

  @Test
  void manyThreadsMakeChangesAndEachSubscriberGetsThemWhole() throws InterruptedException {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    List<NodeId> peers = IntStream.range(0, 8).mapToObj(i -> NodeKey.generate().id()).toList();
    List<List<Change<String>>> told = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (NodeId peer : peers) {
      threads.add(
          new Thread(
              () -> {
                for (int i = 0; i < 100; i++) {
                  End end = new End(peer, time);
                  group.accept(end).subscribe();
                  end.end(Reason.CLOSED_BY_PEER);
                }
              }));
    }
    threads.forEach(Thread::start);
    while (told.size() < 100 && threads.stream().anyMatch(Thread::isAlive)) {
      List<Change<String>> changes = new CopyOnWriteArrayList<>();
      told.add(changes);
      group.changes().subscribe(changes::add);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(told)
        .allSatisfy(
            changes -> {
              Set<NodeId> here = new HashSet<>();
              for (Change<String> change : changes) {
                assertThat(apply(change, here)).as("%s", change).isTrue();
              }
              assertThat(here).isEmpty();
            });
  }

  /** Applies a change to the set of who is here, and says whether it fits that set. */
  private static boolean apply(Change<String> change, Set<NodeId> here) {
    if (change instanceof Change.Joined) {
      return here.add(change.peer());
    }
    return change instanceof Change.Replaced
        ? here.contains(change.peer())
        : here.remove(change.peer());
  }

  @Test
  void aGroupOfAnySizeIsToldToWhoSubscribesHoweverSlow() {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    for (int i = 0; i < 3_000; i++) {
      group.accept(new End(NodeKey.generate().id(), time)).subscribe();
    }
    NodeId first = group.peers().iterator().next();
    StepVerifier.create(group.changes(), 0)
        .expectSubscription()
        .thenRequest(1)
        .expectNextCount(1)
        .then(() -> replace(group, first, 1_024))
        .thenRequest(Long.MAX_VALUE)
        .expectNextCount(2_999 + 1_024)
        .thenCancel()
        .verify(Duration.ofSeconds(30));
    StepVerifier.create(group.changes(), 0)
        .expectSubscription()
        .thenRequest(1)
        .expectNextCount(1)
        .then(() -> replace(group, first, 1_025))
        .thenRequest(Long.MAX_VALUE)
        .expectNextCount(2_999 + 1_024)
        .verifyErrorMatches(Exceptions::isOverflow);
  }

  private void replace(PeerGroup<String> group, NodeId peer, int times) {
    for (int i = 0; i < times; i++) {
      group.accept(new End(peer, time)).subscribe();
    }
  }

  @Test
  void healthIsUpForWhoIsThereAndDownForWhoIsNot() {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    IllegalStateException failure = new IllegalStateException("x");
    End end = new End(OTHER, time);
    List<Boolean> agree = new ArrayList<>();
    group
        .changes()
        .subscribe(
            change ->
                agree.add(
                    group.peers().contains(OTHER)
                        == (group.health().containsKey(OTHER) && group.health().get(OTHER).up())));
    group.accept(end).subscribe();
    Instant joined = now();
    time.advanceTimeBy(Duration.ofSeconds(5));
    group.add(OTHER, permission -> Flux.error(failure));
    assertThat(group.health())
        .containsExactly(entry(OTHER, new ConnectionHealth(true, joined, failure)));
    end.end(Reason.CLOSED_BY_PEER);
    assertThat(group.health())
        .containsExactly(entry(OTHER, new ConnectionHealth(false, now(), failure)));
    group.remove(OTHER);
    assertThat(group.health()).isEmpty();
    assertThat(agree).hasSize(3).containsOnly(true);
  }

  private Instant now() {
    return Instant.ofEpochMilli(time.now(TimeUnit.MILLISECONDS));
  }

  @Test
  void whoIsNotAddedHasAHealthWhileItIsThere() {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    End end = new End(OTHER, time);
    group.accept(end).subscribe();
    assertThat(group.health())
        .containsExactly(entry(OTHER, new ConnectionHealth(true, now(), null)));
    end.end(Reason.CLOSED_BY_PEER);
    assertThat(group.health()).isEmpty();
  }

  @Test
  void whatEndedAConnectionStaysInTheHealthOfWhoWasAdded() {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    ConnectionClosedException lost = new ConnectionClosedException(Reason.CONNECTION_LOST, "lost");
    Sinks.Many<PeerConnection<String>> dials = Sinks.many().unicast().onBackpressureBuffer();
    group.add(OTHER, permission -> dials.asFlux());
    Instant added = now();
    assertThat(group.health())
        .containsExactly(entry(OTHER, new ConnectionHealth(false, added, null)));
    time.advanceTimeBy(Duration.ofSeconds(5));
    End end = new End(OTHER, time);
    dials.tryEmitNext(end);
    assertThat(group.health())
        .containsExactly(entry(OTHER, new ConnectionHealth(true, now(), null)));
    time.advanceTimeBy(Duration.ofSeconds(5));
    end.end(CloseReason.of(lost));
    assertThat(group.health())
        .containsExactly(entry(OTHER, new ConnectionHealth(false, now(), lost)));
  }

  @Test
  void whoIsRemovedIsNotGivenUp() {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    List<Change<String>> changes = new ArrayList<>();
    List<Boolean> removed = new ArrayList<>();
    Sinks.Many<PeerConnection<String>> dials = Sinks.many().unicast().onBackpressureBuffer();
    group.add(OTHER, permission -> dials.asFlux());
    NodeId another = NodeKey.generate().id();
    group
        .changes()
        .subscribe(
            change -> {
              changes.add(change);
              dials.tryEmitError(new IllegalStateException("x"));
              removed.add(group.remove(OTHER));
            });
    group.accept(new End(another, time)).subscribe();
    assertThat(removed).containsExactly(true);
    assertThat(changes).hasExactlyElementsOfTypes(Change.Joined.class);
    assertThat(group.health()).containsOnlyKeys(another);
  }

  @Test
  void aPublisherThatCompletesIsTold() {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    List<Change<String>> changes = new ArrayList<>();
    group.changes().subscribe(changes::add);
    End end = new End(OTHER, time);
    group.add(OTHER, permission -> Flux.just(end));
    assertThat(changes).containsExactly(new Change.Joined<>(end), new Change.GaveUp<>(OTHER, null));
    assertThat(group.peers()).containsExactly(OTHER);
    group.add(OTHER, permission -> Flux.never());
    assertThat(group.remove(OTHER)).isTrue();
    assertThat(end.isClosed).isTrue();
  }

  @Test
  void whatCannotBeCuredIsTold() {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    List<Change<String>> changes = new ArrayList<>();
    group.changes().subscribe(changes::add);
    group.add(OTHER, permission -> Flux.error(new IllegalStateException("x")));
    assertThat(changes).hasExactlyElementsOfTypes(Change.GaveUp.class);
  }

  @Test
  void aChangeSaysToAPersonWhatHappenedToWhom() {
    End end = new End(OTHER, time);
    End previous = new End(OTHER, time);
    List<Change<String>> changes =
        List.of(
            new Change.Joined<>(end),
            new Change.Replaced<>(end, previous),
            new Change.Left<>(end, new CloseReason(Reason.CLOSED_BY_PEER, null)),
            new Change.GaveUp<>(OTHER, new IllegalStateException("no such peer")),
            new Change.GaveUp<>(OTHER, null));
    assertThat(changes).extracting(Change::peer).containsOnly(OTHER);
    assertThat(changes)
        .extracting(Object::toString)
        .containsExactly(
            OTHER + ": joined at peer.test:1",
            OTHER + ": connection replaced by one at peer.test:1",
            OTHER + ": left: closed by the peer",
            OTHER + ": given up: no such peer",
            OTHER + ": not dialled any more");
  }
}
