package io.fluxwire.node.page;

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
import io.fluxwire.node.page.Snapshot.Attempt;
import io.fluxwire.node.page.Snapshot.DialledLink;
import io.fluxwire.node.page.Snapshot.Outcome;
import io.fluxwire.node.page.Snapshot.Round;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
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

  private void at(long moment, DialEvent event) {
    millis = moment;
    log.accept(event);
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
  void aFirstRoundThatFailsMakesTheNextNoReconnect() {
    at(0, new DialEvent.RoundFailed(NAME, new DialException(NAME, refused)));
    connect(100);

    assertThat(log.reconnects()).isZero();
  }

  @Test
  void isBounded() {
    for (int i = 0; i < 10_000; i++) {
      String name = "node" + i;
      at(i, new DialEvent.AttemptStarted(name, FOUR, 1));
      at(i, new DialEvent.Connected(name, FOUR, PEER, 0));
    }
    for (int i = 0; i < 10_000; i++) {
      at(i, new DialEvent.AttemptStarted(NAME, FOUR, i + 1));
    }

    assertThat(log.rounds()).hasSize(DialLog.ROUNDS);
    assertThat(log.rounds().get(0).attempts()).hasSize(DialLog.ATTEMPTS);
    assertThat(log.links()).hasSize(1000);
  }
}
