package io.fluxwire.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.DialException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnectException;
import io.fluxwire.Reason;
import io.fluxwire.dial.DialEvent;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.page.Snapshot.Attempt;
import io.fluxwire.page.Snapshot.DialledLink;
import io.fluxwire.page.Snapshot.Outcome;
import io.fluxwire.page.Snapshot.Round;
import io.fluxwire.page.Snapshot.Target;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class DialLogTest {

  private static final String NAME = "node.example.org:9735";
  private static final InetSocketAddress SIX = new InetSocketAddress("2001:db8::1", 9735);
  private static final InetSocketAddress FOUR = new InetSocketAddress("192.0.2.1", 9735);
  private final PeerConnectException refused =
      new PeerConnectException(Reason.CONNECT_FAILED, "refused");
  private static final NodeId PEER = NodeKey.generate().id();

  private long millis;
  private final DialLog log = new DialLog(() -> millis * 1_000_000, new Calendar());

  /** The moments that the test sets, counted from the epoch. */
  private final class Calendar extends Clock {
    @Override
    public Instant instant() {
      return Instant.ofEpochMilli(millis);
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  private final Consumer<DialEvent> link = log.link();

  /** As a client's listeners are told of a publisher. */
  private void at(long moment, DialEvent event) {
    millis = moment;
    log.accept(event);
    link.accept(event);
  }

  private void connect(long from) {
    at(from, new DialEvent.Resolved(NAME, List.of(SIX, FOUR)));
    at(from + 1, new DialEvent.AttemptStarted(NAME, SIX, 1));
    at(from + 251, new DialEvent.AttemptStarted(NAME, FOUR, 2));
    at(from + 271, new DialEvent.Connected(NAME, FOUR, PEER, 1));
  }

  @Test
  void aRaceHasALaneForEachAttempt() {
    connect(100);

    assertThat(log.rounds())
        .singleElement()
        .satisfies(
            round -> {
              assertThat(round.outcome()).isEqualTo(Outcome.WON);
              assertThat(round.at()).isEqualTo(100);
              assertThat(round.end()).isEqualTo(371);
              assertThat(round.attempts())
                  .extracting(Attempt::address, Attempt::at, Attempt::end, Attempt::outcome)
                  .containsExactly(
                      tuple("[2001:db8::1]:9735", 101.0, 371.0, Outcome.CANCELLED),
                      tuple("192.0.2.1:9735", 351.0, 371.0, Outcome.WON));
            });
    assertThat(log.reconnects()).isZero();
  }

  @Test
  void whatFailedSaysWhyAndWhenTheNextOneIs() {
    at(0, new DialEvent.AttemptStarted(NAME, SIX, 1));
    at(5, new DialEvent.AttemptFailed(NAME, SIX, refused));
    at(
        6,
        new DialEvent.RoundFailed(
            NAME, new DialException(NAME, List.of(new DialException.Failure(SIX, refused)))));
    at(7, new DialEvent.Delayed(NAME, Duration.ofSeconds(1), 1));

    Round round = log.rounds().get(0);
    assertThat(round.outcome()).isEqualTo(Outcome.FAILED);
    assertThat(round.nextAt()).isEqualTo(1007);
    assertThat(round.attempts()).extracting(Attempt::detail).containsExactly("refused");
    assertThat(log.links()).extracting(DialledLink::up).containsExactly(false);
    assertThat(log.links().get(0).lastError()).contains("refused");
  }

  @Test
  void aNameThatIsConnectedAgainIsAReconnect() {
    connect(0);
    at(5000, new DialEvent.Disconnected(NAME, new CloseReason(Reason.CLOSED_BY_PEER, null)));

    assertThat(log.links())
        .as("an orderly end is no error")
        .containsExactly(new DialledLink(NAME, false, "1970-01-01T00:00:05Z", null));
    assertThat(log.rounds().get(0).lostAt()).isEqualTo(5000);
    assertThat(log.rounds().get(0).lostReason()).isEqualTo("closed by the peer");
    assertThat(log.reconnects()).isZero();

    connect(6000);
    assertThat(log.reconnects()).isEqualTo(1);
    assertThat(log.rounds()).hasSize(2);
    assertThat(log.links())
        .containsExactly(new DialledLink(NAME, true, "1970-01-01T00:00:06.271Z", null));
  }

  @Test
  void whatBrokeALinkStaysItsLastErrorWhenItIsUpAgain() {
    connect(0);
    at(
        5000,
        new DialEvent.Disconnected(
            NAME, CloseReason.of(new ConnectionClosedException(Reason.CONNECTION_LOST, "cut"))));
    assertThat(log.links())
        .containsExactly(new DialledLink(NAME, false, "1970-01-01T00:00:05Z", "cut"));

    connect(6000);
    assertThat(log.links())
        .containsExactly(new DialledLink(NAME, true, "1970-01-01T00:00:06.271Z", "cut"));
  }

  @Test
  void aLinkThatTheApplicationHasEndedIsNoneOfTheNodesAndOneThatGaveUpIs() {
    connect(0);
    at(400, new DialEvent.Stopped(NAME, null));
    assertThat(log.links()).isEmpty();

    connect(500);
    assertThat(log.reconnects()).isZero();
    at(1000, new DialEvent.Stopped(NAME, refused));
    assertThat(log.links())
        .containsExactly(new DialledLink(NAME, false, "1970-01-01T00:00:01Z", "refused"));
  }

  /** Nobody would tell when its connection ends. */
  @Test
  void whatIsDialledOnceIsARoundAndNoLink() {
    log.accept(new DialEvent.AttemptStarted(NAME, SIX, 1));
    log.accept(new DialEvent.Connected(NAME, SIX, PEER, 0));

    assertThat(log.rounds()).extracting(Round::outcome).containsExactly(Outcome.WON);
    assertThat(log.links()).isEmpty();
  }

  @Test
  void whatIsDialledOnceChangesNoLinkOfItsName() {
    connect(0);
    at(500, new DialEvent.Disconnected(NAME, new CloseReason(Reason.CLOSED_BY_PEER, null)));
    log.accept(new DialEvent.Connected(NAME, SIX, PEER, 0));
    assertThat(log.links()).extracting(DialledLink::up).containsExactly(false);
    assertThat(log.reconnects()).isZero();

    connect(600);
    log.accept(new DialEvent.RoundFailed(NAME, new DialException(NAME, refused)));
    assertThat(log.links()).extracting(DialledLink::up).containsExactly(true);
    assertThat(log.reconnects()).isEqualTo(1);
  }

  @Test
  void twoLinksOfOneNameAreTwo() {
    connect(0);
    log.link().accept(new DialEvent.RoundFailed(NAME, new DialException(NAME, refused)));
    assertThat(log.links()).extracting(DialledLink::up).containsExactly(true, false);

    at(400, new DialEvent.Stopped(NAME, null));
    assertThat(log.links()).extracting(DialledLink::up).containsExactly(false);
  }

  @Test
  void whatGaveUpIsForgottenOnceItsNameIsLinkedAgain() {
    at(0, new DialEvent.Stopped(NAME, refused));
    log.link().accept(new DialEvent.Connected("other", FOUR, PEER, 0));
    assertThat(log.links()).extracting(DialledLink::up).containsExactly(false, true);

    log.link().accept(new DialEvent.Connected(NAME, FOUR, PEER, 0));
    assertThat(log.links())
        .extracting(DialledLink::name, DialledLink::up)
        .containsExactly(tuple("other", true), tuple(NAME, true));
  }

  @Test
  void aFirstRoundThatFailsMakesTheNextNoReconnect() {
    at(0, new DialEvent.RoundFailed(NAME, new DialException(NAME, refused)));
    connect(100);

    assertThat(log.reconnects()).isZero();
  }

  @Test
  void isBounded() {
    for (int i = 0; i < 10_000; i++) {
      String name = "node" + i;
      log.accept(new DialEvent.AttemptStarted(name, FOUR, 1));
      log.link().accept(new DialEvent.Connected(name, FOUR, PEER, 0));
    }
    for (int i = 0; i < 10_000; i++) {
      at(i, new DialEvent.AttemptStarted(NAME, FOUR, i + 1));
    }

    assertThat(log.rounds()).hasSize(DialLog.ROUNDS);
    assertThat(log.rounds().get(0).attempts()).hasSize(DialLog.ATTEMPTS);
    assertThat(log.links()).hasSize(1000);
  }

  @Test
  void aTargetSaysWhenItIsDialedNext() {
    at(100, new DialEvent.AttemptStarted(NAME, FOUR, 1));
    assertThat(log.targets(10)).containsExactly(new Target(NAME, false, 100, true, null, 0, null));
    at(200, new DialEvent.AttemptFailed(NAME, FOUR, refused));
    at(200, new DialEvent.RoundFailed(NAME, new DialException(NAME, refused)));
    at(200, new DialEvent.Delayed(NAME, Duration.ofMillis(1500), 3));
    assertThat(log.targets(10))
        .singleElement()
        .satisfies(
            target -> {
              assertThat(target.dialing()).isFalse();
              assertThat(target.nextAt()).isEqualTo(1700);
              assertThat(target.failures()).isEqualTo(3);
              assertThat(target.lastError()).contains("refused");
            });
    assertThat(log.down()).isEqualTo(new DialLog.Down(1, 1, 100_000_000));

    at(1700, new DialEvent.AttemptStarted(NAME, FOUR, 1));
    assertThat(log.targets(10).get(0).nextAt()).isNull();
    at(1800, new DialEvent.Connected(NAME, FOUR, PEER, 0));
    assertThat(log.targets(10))
        .singleElement()
        .extracting(Target::up, Target::since, Target::dialing, Target::failures)
        .containsExactly(true, 1800.0, false, 0);
    assertThat(log.down()).isEqualTo(new DialLog.Down(1, 0, 0));

    at(1900, new DialEvent.Stopped(NAME, null));
    assertThat(log.targets(10)).isEmpty();
  }

  @Test
  void ofManyTargetsThoseThatAreNotConnectedComeFirst() {
    for (int i = 0; i < 100; i++) {
      log.link().accept(new DialEvent.Connected("up " + i, FOUR, PEER, 0));
    }
    log.link().accept(new DialEvent.AttemptStarted("zzz", SIX, 1));

    assertThat(log.targets(50)).hasSize(50).first().extracting(Target::name).isEqualTo("zzz");
    assertThat(log.down().targets()).isEqualTo(101);
  }
}
