package io.fluxwire.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.dial.AddressSource;
import io.fluxwire.dial.Dial;
import io.fluxwire.dial.DialSpec;
import io.fluxwire.dial.ReconnectSpec;
import io.fluxwire.group.PeerGroup.Change;
import io.fluxwire.identity.NodeKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.test.scheduler.VirtualTimeScheduler;

class PeerGroupTest {

  private static final NodeId ONE = NodeKey.generate().id();
  private static final NodeId OTHER = NodeKey.generate().id();

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

  /** A node that others can dial. */
  private static final class Node {
    private final NodeId id;
    private final PeerGroup<String> group;
    private final List<Change<String>> changes = new ArrayList<>();
    private int dials;

    Node(NodeId id, VirtualTimeScheduler time) {
      this.id = id;
      this.group = PeerGroup.of(id, time);
      this.group.changes().subscribe(changes::add);
    }
  }

  /** The dialler has the connection first: the acceptor waits for its authenticate. */
  private Mono<PeerConnection<String>> dial(Node from, Node to, long latencyMillis) {
    return Mono.defer(
        () -> {
          from.dials++;
          End near = new End(to.id, time, latencyMillis);
          End far = new End(from.id, time, latencyMillis);
          near.other = far;
          far.other = near;
          return Mono.delay(Duration.ofMillis(3 * latencyMillis), time)
              .map(
                  tick -> {
                    time.schedule(
                        () -> {
                          if (!far.isClosed) {
                            to.group.accept(far).subscribe();
                          }
                        },
                        latencyMillis,
                        TimeUnit.MILLISECONDS);
                    return near;
                  });
        });
  }

  private void connectBy(Node from, Node to, long latencyMillis, Random random) {
    Dial<String> dial =
        Dial.of(
            DialSpec.of("peer").scheduler(time),
            List.of(AddressSource.of(End.ADDRESS)),
            address -> dial(from, to, latencyMillis));
    from.group.add(
        to.id,
        permission ->
            dial.repeatedly(ReconnectSpec.create().random(random::nextDouble), permission));
  }

  private static @Nullable End only(Node node) {
    List<End> found = new ArrayList<>();
    node.group
        .changes()
        .subscribe(
            change -> {
              if (change instanceof Change.Joined<String> joined
                  && joined.connection() instanceof End end) {
                found.add(end);
              }
            })
        .dispose();
    return found.size() == 1 ? found.get(0) : null;
  }

  @Test
  void simultaneousConnectsEndWithTheSameConnectionOnBothSides() {
    Random random = new Random(3);
    for (int i = 0; i < 10_000; i++) {
      Node one = new Node(ONE, time);
      Node other = new Node(OTHER, time);
      one.group.receive().subscribe();
      other.group.receive().subscribe();
      long latency = 1L + random.nextInt(100);
      long skew = random.nextInt(600);
      long back = 1L + random.nextInt(100);
      connectBy(one, other, latency, random);
      time.schedule(() -> connectBy(other, one, back, random), skew, TimeUnit.MILLISECONDS);
      time.advanceTimeBy(Duration.ofSeconds(20));
      End here = only(one);
      End there = only(other);
      assertThat(here).as("run %d: latency %d, %d, skew %d", i, latency, back, skew).isNotNull();
      assertThat(there).isNotNull();
      assertThat(here.other).isSameAs(there);
      assertThat(here.isClosed || there.isClosed).isFalse();
      assertThat(one.dials + other.dials).isLessThanOrEqualTo(2);
      assertThat(List.of(one, other))
          .as("run %d: latency %d, %d, skew %d", i, latency, back, skew)
          .allSatisfy(
              node ->
                  assertThat(node.changes)
                      .extracting(Object::getClass)
                      .isIn(
                          List.of(Change.Joined.class),
                          List.of(Change.Joined.class, Change.Replaced.class)));
      one.group.dispose();
      other.group.dispose();
      time.advanceTimeBy(Duration.ofMinutes(1));
    }
  }

  @Test
  void whenTheSurvivorEndsTheyMeetAgain() {
    Node one = new Node(ONE, time);
    Node other = new Node(OTHER, time);
    connectBy(one, other, 10, new Random(4));
    connectBy(other, one, 10, new Random(5));
    time.advanceTimeBy(Duration.ofMinutes(10));
    End first = only(one);
    assertThat(first).isNotNull();
    first.dispose();
    time.advanceTimeBy(Duration.ofMinutes(1));
    End second = only(one);
    assertThat(second).isNotNull().isNotSameAs(first);
    assertThat(second.other).isSameAs(only(other));
    assertThat(one.dials + other.dials).isLessThanOrEqualTo(4);
  }

  @Test
  void aPeerThatLostItsConnectionReplacesItByDiallingAgain() {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    List<Change<String>> changes = new ArrayList<>();
    group.changes().subscribe(changes::add);
    End first = new End(OTHER, time);
    End second = new End(OTHER, time);
    group.accept(first).subscribe();
    group.accept(second).subscribe();
    assertThat(first.isClosed).isTrue();
    assertThat(second.isClosed).isFalse();
    second.end(Reason.CLOSED_BY_PEER);
    assertThat(changes)
        .containsExactly(
            new Change.Joined<>(first),
            new Change.Replaced<>(second, first),
            new Change.Left<>(second, new CloseReason(Reason.CLOSED_BY_PEER, null)));
  }

  @Test
  void anOldConnectionMakesWayWhoeverDialledIt() {
    for (NodeId self : List.of(ONE, OTHER)) {
      NodeId peer = self.equals(ONE) ? OTHER : ONE;
      PeerGroup<String> group = PeerGroup.of(self, time);
      End dialled = new End(peer, time);
      group.add(peer, permission -> Flux.concat(Flux.just(dialled), Flux.never()));
      time.advanceTimeBy(Duration.ofSeconds(31));
      End accepted = new End(peer, time);
      group.accept(accepted).subscribe();
      assertThat(dialled.isClosed).isTrue();
      assertThat(accepted.isClosed).isFalse();
    }
  }

  @Test
  void whatThePeerSentOnTheConnectionThatGoesIsReceived() {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    List<String> packets = new ArrayList<>();
    group.receive().subscribe(received -> packets.add(received.packet()));
    End loser = new End(OTHER, time);
    loser.inbox.tryEmitNext("early");
    group.accept(new End(OTHER, time)).subscribe();
    group.accept(loser).subscribe();
    assertThat(loser.reads).isTrue();
    assertThat(packets).containsExactly("early");
  }

  @Test
  void sendsToOneToAllAndToAny() {
    Node hub = new Node(ONE, time);
    List<Node> others = new ArrayList<>();
    List<List<String>> inboxes = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Node node = new Node(NodeKey.generate().id(), time);
      List<String> inbox = new ArrayList<>();
      node.group.receive().subscribe(received -> inbox.add(received.packet()));
      others.add(node);
      inboxes.add(inbox);
      connectBy(node, hub, 1, new Random(i));
    }
    time.advanceTimeBy(Duration.ofSeconds(1));
    assertThat(hub.group.peers()).hasSize(3);
    hub.group.send(others.get(1).id, Mono.just("one")).block();
    assertThat(inboxes).containsExactly(List.of(), List.of("one"), List.of());
    inboxes.forEach(List::clear);
    assertThat(hub.group.sendToAll("all").block()).isEqualTo(3);
    assertThat(inboxes).containsExactly(List.of("all"), List.of("all"), List.of("all"));
    inboxes.forEach(List::clear);
    assertThat(hub.group.sendToAll("rest", others.get(1).id).block()).isEqualTo(2);
    assertThat(inboxes).containsExactly(List.of("rest"), List.of(), List.of("rest"));
    inboxes.forEach(List::clear);
    NodeId lucky = hub.group.sendToAny("any").block();
    for (int i = 0; i < 3; i++) {
      assertThat(inboxes.get(i)).hasSize(others.get(i).id.equals(lucky) ? 1 : 0);
    }
    hub.group.remove(others.get(0).id);
    time.advanceTimeBy(Duration.ofMillis(5));
    assertThat(hub.group.peers()).hasSize(2);
  }

  /** The same time, on a machine whose time of day somebody has changed. */
  private static final class SetClock implements Scheduler {

    private final VirtualTimeScheduler time;
    private long setOnMillis;

    SetClock(VirtualTimeScheduler time) {
      this.time = time;
    }

    @Override
    public long now(TimeUnit unit) {
      return time.now(unit)
          + (unit.compareTo(TimeUnit.MILLISECONDS) < 0
              ? 0
              : unit.convert(setOnMillis, TimeUnit.MILLISECONDS));
    }

    @Override
    public Disposable schedule(Runnable task) {
      return time.schedule(task);
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
      return time.schedule(task, delay, unit);
    }

    @Override
    public Worker createWorker() {
      return time.createWorker();
    }
  }

  @Test
  void theTimeOfDayDoesNotSayWhichOfTwoConnectionsStays() {
    for (NodeId self : List.of(ONE, OTHER)) {
      NodeId peer = self.equals(ONE) ? OTHER : ONE;
      boolean dialledStays = self.compareTo(peer) < 0;
      for (long setOn : List.of(60_000L, -60_000L)) {
        SetClock clock = new SetClock(time);
        PeerGroup<String> group = PeerGroup.of(self, clock);
        End accepted = new End(peer, time);
        group.accept(accepted).subscribe();
        clock.setOnMillis = setOn;
        End dialled = new End(peer, time);
        group.add(peer, permission -> Flux.concat(Flux.just(dialled), Flux.never()));
        time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(dialled.isClosed).as("the dialled one").isEqualTo(!dialledStays);
        assertThat(accepted.isClosed).as("the accepted one").isEqualTo(dialledStays);
      }
    }
  }

  private static NodeId lower() {
    return ONE.compareTo(OTHER) < 0 ? ONE : OTHER;
  }

  private static NodeId higher() {
    return ONE.compareTo(OTHER) < 0 ? OTHER : ONE;
  }

  @Test
  void whoHasTheSurvivorFirstKeepsTheLoserUntilThePeerHasClosedIt() {
    PeerGroup<String> group = PeerGroup.of(lower(), time);
    End loser = new End(higher(), time);
    group.accept(loser).subscribe();
    End survivor = new End(higher(), time);
    group.add(higher(), permission -> Flux.concat(Flux.just(survivor), Flux.never()));
    time.advanceTimeBy(Duration.ofSeconds(9));
    assertThat(loser.isClosed).as("the peer may not have the other one").isFalse();
    time.advanceTimeBy(Duration.ofSeconds(1));
    assertThat(loser.isClosed).as("a peer that is no group").isTrue();
    assertThat(survivor.isClosed).isFalse();
  }

  /** An end whose peer answers when its handshake is over. */
  private static final class Asked extends End {

    private final Sinks.One<Duration> answer = Sinks.one();

    Asked(NodeId remote, Scheduler time) {
      super(remote, time);
    }

    @Override
    public Mono<Duration> ping() {
      return answer.asMono();
    }
  }

  /** What the node with the higher id dialled, once the other one has dialled, too. */
  private End loserBeside(End survivor) {
    PeerGroup<String> group = PeerGroup.of(higher(), time);
    End loser = new End(lower(), time);
    group.add(lower(), permission -> Flux.concat(Flux.just(loser), Flux.never()));
    group.accept(survivor).subscribe();
    return loser;
  }

  @Test
  void whoDialledTheLoserKeepsItUntilThePeerHasTheSurvivor() {
    Asked survivor = new Asked(lower(), time);
    End loser = loserBeside(survivor);
    time.advanceTimeBy(Duration.ofSeconds(5));
    assertThat(loser.isClosed).as("the peer is still in its handshake").isFalse();
    survivor.answer.tryEmitValue(Duration.ofSeconds(5));
    time.advanceTimeBy(Duration.ofMillis(999));
    assertThat(loser.isClosed).isFalse();
    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(loser.isClosed).isTrue();
    assertThat(survivor.isClosed).isFalse();
  }

  @Test
  void whoDialledTheLoserDoesNotKeepItForAPeerThatNeverAnswers() {
    Asked survivor = new Asked(lower(), time);
    End loser = loserBeside(survivor);
    time.advanceTimeBy(Duration.ofSeconds(10));
    assertThat(loser.isClosed).isTrue();
    assertThat(survivor.isClosed).isFalse();
  }

  @Test
  void aLoserDoesNotOutliveTheSurvivor() {
    PeerGroup<String> group = PeerGroup.of(lower(), time);
    End loser = new End(higher(), time);
    group.accept(loser).subscribe();
    End survivor = new End(higher(), time);
    group.add(higher(), permission -> Flux.concat(Flux.just(survivor), Flux.never()));
    survivor.end(Reason.CONNECTION_LOST);
    assertThat(loser.isClosed).isTrue();
    assertThat(group.peers()).isEmpty();
  }

  @Test
  void aLoserIsClosedWithTheGroup() {
    PeerGroup<String> group = PeerGroup.of(lower(), time);
    End loser = new End(higher(), time);
    group.accept(loser).subscribe();
    End survivor = new End(higher(), time);
    group.add(higher(), permission -> Flux.concat(Flux.just(survivor), Flux.never()));
    group.dispose();
    assertThat(List.of(loser.isClosed, survivor.isClosed)).containsOnly(true);
    assertThat(group.onDispose().toFuture()).isCompleted();
  }

  @Test
  void aConnectionThatComesWhenItsPeerIsRemovedIsClosed() {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    List<Subscriber<? super PeerConnection<String>>> publisher = new ArrayList<>();
    group.add(
        OTHER,
        permission ->
            Flux.from(
                subscriber -> {
                  subscriber.onSubscribe(Operators.emptySubscription());
                  publisher.add(subscriber);
                }));
    group.remove(OTHER);
    End late = new End(OTHER, time);
    publisher.get(0).onNext(late);
    assertThat(late.isClosed).isTrue();
    assertThat(group.peers()).isEmpty();
  }
}
