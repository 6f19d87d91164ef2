package io.fluxwire.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.access.Authorizer;
import io.fluxwire.access.Candidate;
import io.fluxwire.fleet.TestFleet.Instance;
import io.fluxwire.fleet.TestFleet.Outcome;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.AccessRule.Action;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** Who may connect, by rules that all instances share. */
class SharedRulesTest {

  private static final Duration HOUR = Duration.ofHours(1);
  private static final Authorizer NOBODY = peer -> Mono.just(false);

  private final NodeId peer = TestFleet.peer();
  private final TestFleet fleet = new TestFleet();
  private final Instance one = fleet.join("one");
  private final Instance two = fleet.join("two");

  private boolean isLetIn(Instance by, Authorizer otherwise) {
    Authorizer authorizer = by.fleet().authorizer(otherwise);
    boolean answer =
        authorizer
            .authorize(Candidate.of(peer, InetSocketAddress.createUnresolved("peer.test", 1)))
            .block();
    assertThat(authorizer.mayStay(peer)).isEqualTo(answer || otherwise.mayStay(peer));
    return answer;
  }

  private static InetAddress ip(String address) {
    try {
      return InetAddress.getByName(address);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  private void done(Mono<?> change) {
    Outcome outcome = Outcome.of(change.then());
    fleet.settle();
    assertThat(outcome.completed).isTrue();
  }

  @Test
  void aBanCountsAtAllInstancesAndEnds() {
    FakeConnection here = one.connect(peer);
    done(two.fleet().ban(peer, HOUR));
    assertThat(here.isDisposed()).isTrue();
    assertThat(one.fleet().authorizer(Authorizer.anyone()).mayStay(peer)).isFalse();
    assertThat(one.fleet().snapshot().rules()).isEqualTo(1);
    FakeConnection again = one.connect(peer);
    assertThat(again.isDisposed()).isTrue();
    fleet.advance(HOUR);
    assertThat(isLetIn(one, Authorizer.anyone())).isTrue();
    assertThat(one.fleet().snapshot().rules()).isZero();
    assertThat(one.connect(peer).isDisposed()).isFalse();
  }

  @Test
  void aBanIsLiftedFromAnywhere() {
    done(two.fleet().ban(peer, HOUR));
    Mono<Boolean> lift = one.fleet().lift(peer);
    assertThat(lift.block()).isTrue();
    fleet.settle();
    assertThat(isLetIn(two, Authorizer.anyone())).isTrue();
    assertThat(lift.block()).isFalse();
    assertThat(one.fleet().rules())
        .singleElement()
        .extracting(AccessRule::action)
        .isEqualTo(Action.NONE);
  }

  @Test
  void whoIsAllowedGetsInWhateverOthersSay() {
    assertThat(isLetIn(one, NOBODY)).isFalse();
    done(two.fleet().allow(peer, HOUR));
    assertThat(isLetIn(one, NOBODY)).isTrue();
    done(one.fleet().ban(peer, HOUR));
    assertThat(
            two.fleet()
                .authorizer(NOBODY)
                .authorize(Candidate.of(peer, InetSocketAddress.createUnresolved("peer.test", 1)))
                .block())
        .isFalse();
  }

  @Test
  void aNetworkIsBannedHoweverItIsWritten() {
    FakeConnection inside = new FakeConnection(peer, new InetSocketAddress(ip("192.0.2.7"), 1));
    FakeConnection outside =
        new FakeConnection(TestFleet.peer(), new InetSocketAddress(ip("192.0.3.7"), 1));
    one.accept(inside);
    one.accept(outside);
    done(two.fleet().ban("192.0.2.0/24", HOUR));
    assertThat(inside.isDisposed()).isTrue();
    assertThat(outside.isDisposed()).isFalse();
    assertThat(one.fleet().addresses().test(ip("192.0.2.7"))).isFalse();
    assertThat(one.fleet().addresses().test(ip("192.0.3.7"))).isTrue();
    assertThat(one.fleet().lift("::ffff:192.0.2.0/120").block()).isTrue();
    fleet.settle();
    assertThat(one.fleet().addresses().test(ip("192.0.2.7"))).isTrue();
    assertThat(two.fleet().addresses().test(ip("192.0.2.7"))).isTrue();
  }

  @Test
  void whoJoinsLaterKnowsThemAndAnEngineThatStartsAgainIsToldAnew() {
    done(one.fleet().ban(peer, HOUR));
    Instance three = fleet.join("three");
    assertThat(three.fleet().rules()).isEqualTo(one.fleet().rules()).hasSize(1);
    fleet.engine.restart();
    fleet.settle();
    Instance four = fleet.join("four");
    assertThat(four.fleet().rules()).hasSize(1);
  }

  @Test
  void aBanBeforeJoiningIsToldOnJoining() {
    Instance early = fleet.make("early", spec -> spec);
    Outcome ban = Outcome.of(early.fleet().ban(peer, HOUR));
    assertThat(ban.failures).hasSize(1);
    early.fleet().join().subscribe();
    fleet.settle();
    assertThat(one.fleet().rules()).hasSize(1);
  }

  @Test
  void theLaterOfTwoRulesCountsWhicheverIsHeardFirst() {
    Instant now = fleet.clock().instant();
    AccessRule earlier = new AccessRule(peer.toString(), Action.DENY, now, now.plus(HOUR));
    AccessRule later =
        new AccessRule(peer.toString(), Action.NONE, now.plusMillis(1), now.plus(HOUR));
    for (List<AccessRule> order : List.of(List.of(earlier, later), List.of(later, earlier))) {
      SharedRules rules = new SharedRules(10, fleet.clock());
      order.forEach(rules::put);
      assertThat(rules.of(peer)).isEqualTo(Action.NONE);
    }
  }

  @Test
  void ofTooManyTheOneThatEndsSoonestMakesWay() {
    SharedRules rules = new SharedRules(2, fleet.clock());
    NodeId soon = TestFleet.peer();
    NodeId late = TestFleet.peer();
    rules.put(rules.make(late.toString(), Action.DENY, HOUR.multipliedBy(3)));
    rules.put(rules.make(soon.toString(), Action.DENY, HOUR));
    rules.put(rules.make("192.0.2.0/24", Action.DENY, HOUR.multipliedBy(2)));
    assertThat(rules.size()).isEqualTo(2);
    assertThat(rules.of(soon)).isEqualTo(Action.NONE);
    assertThat(rules.of(late)).isEqualTo(Action.DENY);
    assertThat(rules.isDenied(ip("192.0.2.1"))).isTrue();
    rules.put(rules.make(peer.toString(), Action.DENY, HOUR.multipliedBy(3)));
    assertThat(rules.isDenied(ip("192.0.2.1"))).isFalse();
  }

  @Test
  void aRuleThatIsNoneIsCountedAndDropped() {
    Instant now = fleet.clock().instant();
    fleet.join("three");
    for (String target : List.of("nobody", "1.2.3.4", "10.0.0.0/33", "ab".repeat(33))) {
      one.fleet().join().block();
      fleet.set(new AccessRule(target, Action.DENY, now, now.plus(HOUR)));
    }
    fleet.settle();
    assertThat(one.fleet().rules()).isEmpty();
    assertThat(one.fleet().snapshot().counters().malformed()).isEqualTo(4);
  }
}
