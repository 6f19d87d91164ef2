package io.fluxwire.dial;

import static io.fluxwire.dial.DialWorld.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.PacketException;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.dial.DialWorld.FakeConnection;
import io.fluxwire.internal.TerminableScheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

class ReconnectingFluxTest {

  private static final CloseReason BY_PEER = new CloseReason(Reason.CLOSED_BY_PEER, null);

  private final DialWorld world = new DialWorld();
  private final List<PeerConnection<String>> connections = new ArrayList<>();
  private final List<Throwable> failures = new ArrayList<>();
  private final ReconnectSpec half = ReconnectSpec.create().random(() -> 0.5);

  private Disposable publish(ReconnectSpec spec, AddressSource... sources) {
    return world.dial(sources).repeatedly(spec).subscribe(connections::add, failures::add);
  }

  private FakeConnection last() {
    return world.made.get(world.made.size() - 1);
  }

  @Test
  void failedDialsBackOffToTheCap() {
    publish(half, world.answers(at(0, "v4-1")));
    world.time.advanceTimeBy(Duration.ofMinutes(12));
    // Half of 1, 2, 4 ... 256 s, and then of 300 s, one after the other.
    assertThat(world.attempts)
        .containsExactly(
            "0 v4-1",
            "500 v4-1",
            "1500 v4-1",
            "3500 v4-1",
            "7500 v4-1",
            "15500 v4-1",
            "31500 v4-1",
            "63500 v4-1",
            "127500 v4-1",
            "255500 v4-1",
            "405500 v4-1",
            "555500 v4-1",
            "705500 v4-1");
    assertThat(failures).isEmpty();
  }

  @Test
  void oneConnectionAtATimeAndTheNextAfterItsEnd() {
    world.authenticates("v4-1", Duration.ofMillis(5));
    publish(half, world.answers(at(0, "v4-1")));
    world.passMillis(70_000);
    assertThat(connections).hasSize(1);
    last().end(BY_PEER);
    world.passMillis(504);
    assertThat(connections).hasSize(1);
    world.passMillis(1);
    assertThat(connections).hasSize(2);
  }

  @Test
  void onlyAConnectionThatStayedUpCountsTheDelayBack() {
    world.authenticates("v4-1", Duration.ZERO);
    publish(half, world.answers(at(0, "v4-1")));
    world.passMillis(59_999);
    last().end(BY_PEER);
    world.passMillis(500);
    assertThat(connections).hasSize(2);
    world.passMillis(59_999);
    last().end(BY_PEER);
    world.passMillis(999);
    assertThat(connections).hasSize(2);
    world.passMillis(1);
    assertThat(connections).hasSize(3);
    world.passMillis(60_000);
    last().end(BY_PEER);
    world.passMillis(500);
    assertThat(connections).hasSize(4);
  }

  @Test
  void whatAnotherAttemptCannotCureEndsThePublisher() {
    world.isImpostor("v4-1", Duration.ZERO);
    publish(half, world.answers(at(0, "v4-1")));
    world.passMillis(100_000);
    assertThat(world.attempts).hasSize(1);
    assertThat(failures).hasSize(1);
  }

  @Test
  void aFaultOfTheSoftwareEndsThePublisherToo() {
    world.authenticates("v4-1", Duration.ZERO);
    publish(half, world.answers(at(0, "v4-1")));
    world.passMillis(1);
    PacketException fault = new PacketException(Reason.UNKNOWN_EVEN_FIELD, "field 4");
    last().end(CloseReason.of(fault));
    world.passMillis(100_000);
    assertThat(failures).containsExactly(fault);
    assertThat(connections).hasSize(1);
  }

  @Test
  void theApplicationMayRetryWhatItLikes() {
    world.isImpostor("v4-1", Duration.ZERO);
    publish(half.retryIf(failure -> true), world.answers(at(0, "v4-1")));
    world.passMillis(501);
    assertThat(world.attempts).containsExactly("0 v4-1", "500 v4-1");
  }

  @Test
  void addressesAreResolvedAnewForEachRoundAndTheGoodOneGoesFirst() {
    List<AddressSource> rounds =
        new ArrayList<>(
            List.of(
                AddressSource.of(DialWorld.addresses("v6-1", "v4-1")),
                AddressSource.of(DialWorld.addresses("v6-2", "v4-2", "v4-1")),
                AddressSource.of(DialWorld.addresses("v6-3"))));
    world.authenticates("v4-1", Duration.ZERO).authenticates("v6-3", Duration.ZERO);
    publish(half, query -> Flux.defer(() -> rounds.remove(0).addresses(query)));
    world.passMillis(60_000);
    last().end(BY_PEER);
    world.passMillis(500);
    assertThat(world.attempts).containsExactly("0 v6-1", "0 v4-1", "60500 v4-1");
    last().end(BY_PEER);
    world.passMillis(60_000);
    assertThat(world.attempts).endsWith("61500 v6-3").hasSize(4);
  }

  @Test
  void aFamilyThatKeepsLosingComesLast() {
    world.isBlackHole("v6-1").isBlackHole("v6-2").authenticates("v4-1", Duration.ZERO);
    world.authenticates("v4-2", Duration.ZERO);
    List<AddressSource> rounds =
        new ArrayList<>(
            List.of(
                AddressSource.of(DialWorld.addresses("v6-1", "v6-2", "v4-1")),
                // The good address is gone, so the families take turns again.
                AddressSource.of(DialWorld.addresses("v6-1", "v6-2", "v4-2")),
                AddressSource.of(DialWorld.addresses("v6-1", "v6-2", "v4-3", "v4-1"))));
    publish(half, query -> Flux.defer(() -> rounds.remove(0).addresses(query)));
    world.passMillis(61_000);
    last().end(BY_PEER);
    world.passMillis(61_000);
    last().end(BY_PEER);
    world.passMillis(1_000);
    assertThat(world.attempts)
        .containsExactly(
            "0 v6-1", "250 v4-1", "61500 v6-1", "61750 v4-2", "122500 v4-3", "122500 v4-1");
  }

  @Test
  void withoutDemandNothingIsDialled() {
    world.authenticates("v4-1", Duration.ZERO);
    BaseSubscriber<PeerConnection<String>> subscriber =
        new BaseSubscriber<>() {
          @Override
          protected void hookOnSubscribe(Subscription subscription) {}
        };
    world.dial(world.answers(at(0, "v4-1"))).repeatedly(half).subscribe(subscriber);
    world.passMillis(10_000);
    assertThat(world.attempts).isEmpty();
    subscriber.request(1);
    world.passMillis(60_000);
    last().end(BY_PEER);
    world.passMillis(10_000);
    assertThat(world.attempts).hasSize(1);
    subscriber.request(1);
    world.passMillis(0);
    assertThat(world.attempts).containsExactly("10000 v4-1", "80000 v4-1");
    subscriber.cancel();
  }

  @Test
  void cancellingClosesWhatThereIs() {
    world.authenticates("v4-1", Duration.ofMillis(100));
    Disposable whileDialling = publish(half, world.answers(at(0, "v4-1")));
    world.passMillis(50);
    whileDialling.dispose();
    assertThat(world.cancelled).isEqualTo(1);

    Disposable whileConnected = publish(half, world.answers(at(0, "v4-1")));
    world.passMillis(200);
    assertThat(last().isDisposed()).isFalse();
    whileConnected.dispose();
    assertThat(last().isDisposed()).isTrue();

    world.refuses("v4-1");
    Disposable whileWaiting = publish(half, world.answers(at(0, "v4-1")));
    world.passMillis(1);
    whileWaiting.dispose();
    long scheduled = world.time.getScheduledTaskCount();
    world.passMillis(1_000_000);
    assertThat(world.attempts).hasSize(3);
    assertThat(world.time.getScheduledTaskCount()).isEqualTo(scheduled);
  }

  @Test
  void aPeerThatAcceptsAndDropsIsNotHammered() {
    Duration day = Duration.ofHours(24);
    Random random = new Random(1);
    ReconnectSpec spec = ReconnectSpec.create().random(random::nextDouble);
    world.authenticates("v4-1", Duration.ofMillis(3));
    world
        .dial(world.answers(at(0, "v4-1")))
        .repeatedly(spec)
        .subscribe(peer -> ((FakeConnection) peer).end(BY_PEER));
    world.time.advanceTimeBy(day);
    assertThat(world.attempts.size())
        .isLessThanOrEqualTo((int) spec.maxDials(day))
        .isGreaterThan((int) spec.maxDials(day) / 2);
  }

  @Test
  void delaysAreSpreadEvenlyUpToTheCeiling() {
    Random random = new Random(2);
    ReconnectSpec spec = ReconnectSpec.create().random(random::nextDouble);
    int[] buckets = new int[10];
    for (int i = 0; i < 100_000; i++) {
      buckets[(int) (spec.delay(3).toNanos() * 10 / spec.ceiling(3).toNanos())]++;
    }
    // Chi-squared with 9 degrees of freedom: 27.9 is passed once in a thousand; the seed is fixed.
    double chiSquared =
        Arrays.stream(buckets).mapToDouble(n -> (n - 10_000.0) * (n - 10_000.0) / 10_000).sum();
    assertThat(chiSquared).isLessThan(27.9);
    assertThat(spec.ceiling(3)).isEqualTo(Duration.ofSeconds(8));
    assertThat(spec.ceiling(100)).isEqualTo(Duration.ofMinutes(5));
  }

  @Test
  void aBudgetSpreadsTheFirstDials() {
    ReconnectSpec spec = half.budget(DialBudget.perSecond(10, 3, world.time));
    for (int i = 0; i < 6; i++) {
      publish(spec, world.answers(at(0, "v4-1")));
    }
    world.passMillis(300);
    assertThat(world.attempts)
        .containsExactly("0 v4-1", "0 v4-1", "0 v4-1", "100 v4-1", "200 v4-1", "300 v4-1");
  }

  @Test
  void aPublisherThatIsCancelledWhileItWaitsKeepsNoPlace() {
    ReconnectSpec spec = half.budget(DialBudget.perSecond(10, 1, world.time));
    publish(spec, world.answers(at(0, "v4-1")));
    List<Disposable> leave = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      leave.add(publish(spec, world.answers(at(0, "v4-2"))));
    }
    publish(spec, world.answers(at(0, "v4-3")));
    leave.forEach(Disposable::dispose);
    world.passMillis(100);
    assertThat(world.attempts).containsExactly("0 v4-1", "100 v4-3");
  }

  /** An event loop that can be disposed: its timers never fire then, and new ones are refused. */
  private final class MortalTimers implements TerminableScheduler {

    private final List<Runnable> whenTerminated = new ArrayList<>();
    private boolean refuses;
    private boolean silent;

    @Override
    public Disposable onTermination(Runnable task) {
      whenTerminated.add(task);
      return () -> whenTerminated.remove(task);
    }

    @Override
    public Disposable schedule(Runnable task) {
      return schedule(task, 0, TimeUnit.NANOSECONDS);
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
      if (refuses) {
        throw new RejectedExecutionException("event executor terminated");
      }
      return world.time.schedule(
          () -> {
            if (!silent) {
              task.run();
            }
          },
          delay,
          unit);
    }

    @Override
    public Worker createWorker() {
      return world.time.createWorker();
    }
  }

  private void publish(MortalTimers timers) {
    world
        .dialWith(spec -> spec.scheduler(timers), world.answers(at(0, "v4-1")))
        .repeatedly(half)
        .subscribe(connections::add, failures::add);
  }

  @Test
  void aPublisherWhoseTimersHaveEndedSaysSo() {
    MortalTimers timers = new MortalTimers();
    publish(timers);
    world.passMillis(1);
    assertThat(world.attempts).as("it waits to dial again").hasSize(1);
    timers.silent = true;
    world.passMillis(1_000_000);
    assertThat(failures).isEmpty();
    List.copyOf(timers.whenTerminated).forEach(Runnable::run);
    assertThat(failures)
        .singleElement()
        .isInstanceOf(RejectedExecutionException.class)
        .asString()
        .contains("event loops of this dial were disposed");
    assertThat(timers.whenTerminated).isEmpty();
  }

  @Test
  void aPublisherWhoseTimersRefuseSaysSo() {
    world.authenticates("v4-1", Duration.ZERO);
    MortalTimers timers = new MortalTimers();
    publish(timers);
    world.passMillis(1);
    assertThat(connections).hasSize(1);
    timers.refuses = true;
    last().end(BY_PEER);
    assertThat(failures)
        .singleElement()
        .isInstanceOf(RejectedExecutionException.class)
        .asString()
        .contains("event loops of this dial were disposed");
    assertThat(timers.whenTerminated).isEmpty();
  }

  @Test
  void aPublisherThatHasEndedLeavesNothingAtItsTimers() {
    MortalTimers timers = new MortalTimers();
    Dial<String> mortal =
        world.dialWith(spec -> spec.scheduler(timers), world.answers(at(0, "v4-1")));
    for (int i = 0; i < 100; i++) {
      mortal.repeatedly(half).subscribe().dispose();
      mortal.once().subscribe(null, failure -> {});
      world.passMillis(1);
    }
    assertThat(timers.whenTerminated).isEmpty();
  }

  @Test
  void aListenerThatThrowsDoesNotStopADial() {
    world.authenticates("v4-1", Duration.ZERO);
    Dial.of(
            world
                .spec()
                .doOnEvent(
                    event -> {
                      throw new IllegalStateException("listener");
                    }),
            List.of(AddressSource.of(DialWorld.addresses("v4-1"))),
            address -> world.dial(AddressSource.of(address)).once())
        .once()
        .subscribe(connections::add, failures::add);
    world.passMillis(1);
    assertThat(connections).hasSize(1);
  }
}
