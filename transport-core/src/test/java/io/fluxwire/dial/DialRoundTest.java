package io.fluxwire.dial;

import static io.fluxwire.dial.DialWorld.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

class DialRoundTest {

  private final DialWorld world = new DialWorld();
  private final List<PeerConnection<String>> connections = new ArrayList<>();
  private final List<Throwable> failures = new ArrayList<>();

  private Disposable dial(AddressSource... sources) {
    return world.dial(sources).once().subscribe(connections::add, failures::add);
  }

  private DialException failure() {
    assertThat(failures).hasSize(1);
    return (DialException) failures.get(0);
  }

  @Test
  void ipv6ThatComesWithinTheResolutionDelayGoesFirst() {
    world.authenticates("v6-1", Duration.ofMillis(10)).authenticates("v4-1", Duration.ZERO);
    dial(world.answers(at(0, "v4-1"), at(49, "v6-1")));
    world.passMillis(100);
    assertThat(world.attempts).containsExactly("49 v6-1");
    assertThat(connections).hasSize(1);
  }

  @Test
  void ipv6ThatComesAfterTheResolutionDelayJoinsTheRace() {
    world.isBlackHole("v4-1").isBlackHole("v4-2").authenticates("v6-1", Duration.ofMillis(10));
    dial(world.answers(at(0, "v4-1", "v4-2"), at(51, "v6-1")));
    world.passMillis(400);
    assertThat(world.attempts).containsExactly("50 v4-1", "300 v6-1");
    assertThat(connections).hasSize(1);
    assertThat(world.cancelled).isEqualTo(1);
  }

  @Test
  void theResolutionDelayEndsWithTheResolution() {
    world.authenticates("v4-1", Duration.ZERO);
    dial(world.answers(at(3, "v4-1")));
    world.passMillis(10);
    assertThat(world.attempts).containsExactly("3 v4-1");
  }

  @Test
  void deadIpv6CostsOneAttemptDelay() {
    world.isBlackHole("v6-1").isBlackHole("v6-2").authenticates("v4-1", Duration.ofMillis(30));
    dial(world.answers(at(5, "v6-1", "v6-2"), at(8, "v4-1", "v4-2")));
    world.passMillis(1000);
    assertThat(world.attempts).containsExactly("5 v6-1", "255 v4-1");
    assertThat(connections).hasSize(1);
    assertThat(world.cancelled).isEqualTo(1);
  }

  @Test
  void blackHoleThenRefusedThenAuthenticated() {
    world.isBlackHole("v4-1").refuses("v4-2").authenticates("v4-3", Duration.ofMillis(20));
    dial(world.answers(at(0, "v4-1", "v4-2", "v4-3")));
    world.passMillis(1000);
    assertThat(world.attempts).containsExactly("0 v4-1", "250 v4-2", "250 v4-3");
    assertThat(connections).hasSize(1);
    assertThat(world.cancelled).isEqualTo(1);
  }

  @Test
  void impostorDoesNotWin() {
    world.isImpostor("v4-1", Duration.ofMillis(40)).authenticates("v4-2", Duration.ofMillis(5));
    dial(world.answers(at(0, "v4-1", "v4-2")));
    world.passMillis(1000);
    assertThat(world.attempts).containsExactly("0 v4-1", "40 v4-2");
    assertThat(connections).hasSize(1);
  }

  @Test
  void losersThatConnectTooLateAreClosed() {
    world
        .authenticates("v4-1", Duration.ofMillis(300))
        .authenticates("v4-2", Duration.ofMillis(50));
    dial(world.answers(at(0, "v4-1", "v4-2")));
    world.passMillis(1000);
    assertThat(world.made.stream().filter(made -> !made.isDisposed())).hasSize(1);
    assertThat(connections).hasSize(1);
  }

  @Test
  void familiesTakeTurns() {
    dial(world.answers(at(0, "v6-1", "v6-2", "v6-3"), at(0, "v4-1", "v4-2")));
    world.passMillis(0);
    assertThat(world.attempts).containsExactly("0 v6-1", "0 v4-1", "0 v6-2", "0 v4-2", "0 v6-3");
    assertThat(failure().failures())
        .extracting(failed -> DialWorld.host(failed.address()))
        .containsExactly("v6-1", "v4-1", "v6-2", "v4-2", "v6-3");
    assertThat(failure())
        .hasMessageContaining("any of 5 addresses")
        .hasMessageContaining("connection refused");
  }

  @Test
  void anAddressThatComesTwiceIsTriedOnce() {
    dial(world.answers(at(0, "v4-1"), at(1, "v4-1")), world.answers(at(2, "v4-1", "v4-2")));
    world.passMillis(100);
    assertThat(world.attempts).containsExactly("2 v4-1", "2 v4-2");
  }

  @Test
  void aNameThatFailsIsTheCauseWhenNothingElseCame() {
    dial(query -> Flux.error(new UnknownHostException("no such name")));
    world.passMillis(0);
    assertThat(failure().reason()).isEqualTo(Reason.NAME_NOT_RESOLVED);
    assertThat(failure()).hasMessageContaining("no such name");
    assertThat(failure().isRetryable()).isTrue();
  }

  @Test
  void aNameThatFailsDoesNotStopTheOthers() {
    world.authenticates("v4-1", Duration.ZERO);
    dial(query -> Flux.error(new UnknownHostException("x")), world.answers(at(7, "v4-1")));
    world.passMillis(10);
    assertThat(world.attempts).containsExactly("7 v4-1");
    assertThat(connections).hasSize(1);
  }

  @Test
  void anEmptyAnswerFails() {
    dial(query -> Flux.empty());
    world.passMillis(0);
    assertThat(failure().reason()).isEqualTo(Reason.NAME_NOT_RESOLVED);
    assertThat(failure().failures()).isEmpty();
  }

  @Test
  void aSourceThatNeverAnswersIsGivenUp() {
    dial(query -> Flux.never());
    world.passMillis(4_999);
    assertThat(failures).isEmpty();
    world.passMillis(1);
    assertThat(failure()).hasMessageContaining("5000 ms");
  }

  private static SocketAddress[] many(String network, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> DialWorld.address(network + i / 250 + "." + (i % 250 + 1)))
        .toArray(SocketAddress[]::new);
  }

  @Test
  void ofAThousandAddressesARoundTriesSixtyFourAndReadsAsOneMessage() {
    dial(AddressSource.of(many("198.51.", 1000)));
    world.passMillis(0);
    assertThat(world.attempts).hasSize(AddressQueue.ATTEMPTS).doesNotHaveDuplicates();
    assertThat(failure().failures()).hasSize(AddressQueue.ATTEMPTS);
    assertThat(failure().getMessage())
        .hasSizeLessThan(2_000)
        .endsWith(
            "; and 48 more; further addresses were not tried, since there are too many for one"
                + " dial");
  }

  @Test
  void manyBlackHolesStartOneEveryAttemptDelay() {
    SocketAddress[] many = many("198.51.", 64);
    List.of(many).forEach(address -> world.isBlackHole(DialWorld.host(address)));
    dial(AddressSource.of(many));
    world.passMillis(9_999);
    assertThat(world.attempts).hasSize(40);
    assertThat(world.attempts.get(39)).startsWith("9750 ");
    world.passMillis(1_000_000);
    assertThat(world.attempts).hasSize(64);
    assertThat(failure().failures()).hasSize(64);
  }

  @Test
  void eachRoundGoesOnWhereTheLastOneEnded() {
    SocketAddress[] many = many("198.51.", 200);
    world.authenticates(DialWorld.host(many[190]), Duration.ZERO);
    world
        .dial(AddressSource.of(many))
        .repeatedly(ReconnectSpec.create())
        .subscribe(connections::add, failures::add);
    world.passMillis(60_000);
    assertThat(connections).hasSize(1);
    assertThat(world.attempts).hasSize(191);

    world.made.get(0).end(new CloseReason(Reason.CONNECTION_LOST, null));
    world.passMillis(60_000);
    assertThat(connections).as("at the address that was good").hasSize(2);
    assertThat(world.attempts).hasSize(192);
  }

  @Test
  void manyAddressesOfOneFamilyOrSourceLeaveRoomForTheOthers() {
    world.authenticates("v6-1", Duration.ZERO);
    dial(
        world.answers(at(0, hosts(many("198.51.", 4000)))),
        world.answers(at(0, hosts(many("203.0.", 4000))), at(20, "v6-1")));
    world.passMillis(20);
    assertThat(connections).hasSize(1);

    connections.clear();
    world.refuses("v6-1").authenticates("v4-1", Duration.ZERO);
    dial(world.answers(at(0, hosts(many("198.51.", 4000)))), world.answers(at(0, "v4-1")));
    world.passMillis(0);
    assertThat(connections).hasSize(1);
  }

  private static String[] hosts(SocketAddress[] addresses) {
    return List.of(addresses).stream().map(DialWorld::host).toArray(String[]::new);
  }

  @Test
  void eachOfManySourcesIsTried() {
    AddressSource[] sources =
        List.of(many("198.51.", 200)).stream().map(AddressSource::of).toArray(AddressSource[]::new);
    dial(sources);
    world.passMillis(0);
    assertThat(world.attempts).hasSize(200);
  }

  @Test
  void aSourceThatNeverStopsGivingIsHeardForALittleWhile() {
    dial(
        query ->
            Flux.<List<SocketAddress>>generate(
                sink -> sink.next(List.of(DialWorld.address("v4-1")))));
    world.passMillis(0);
    assertThat(world.attempts).containsExactly("0 v4-1");
    assertThat(failure().failures()).hasSize(1);
    assertThat(world.events).hasSizeLessThan(100);
  }

  @Test
  void cancellingLeavesNothingBehind() {
    world.isBlackHole("v4-1").isBlackHole("v4-2");
    Disposable dialling = dial(world.answers(at(0, "v4-1", "v4-2"), at(2_000, "v6-1")));
    world.passMillis(300);
    assertThat(world.attempts).hasSize(2);
    dialling.dispose();
    assertThat(world.cancelled).isEqualTo(2);
    long scheduled = world.time.getScheduledTaskCount();
    world.passMillis(100_000);
    assertThat(world.attempts).hasSize(2);
    assertThat(world.time.getScheduledTaskCount()).isEqualTo(scheduled);
  }

  @Test
  void theDialRunsOnlyWhenAskedFor() {
    world.authenticates("v4-1", Duration.ZERO);
    BaseSubscriber<PeerConnection<String>> subscriber =
        new BaseSubscriber<>() {
          @Override
          protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {}
        };
    world.dial(world.answers(at(0, "v4-1"))).once().subscribe(subscriber);
    world.passMillis(1000);
    assertThat(world.attempts).isEmpty();
    subscriber.request(1);
    world.passMillis(1000);
    assertThat(world.attempts).containsExactly("1000 v4-1");
  }
}
