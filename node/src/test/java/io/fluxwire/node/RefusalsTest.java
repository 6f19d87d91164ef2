package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.HandshakeException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.test.scheduler.VirtualTimeScheduler;

class RefusalsTest {

  private final PeerException closed =
      new ConnectionClosedException(Reason.CLOSED_BY_PEER, "closed before its key");

  private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();
  private final List<String> told = new ArrayList<>();
  private final Refusals refusals = new Refusals(event -> told.add(event.forPerson()), timer);

  private void refuse(int count) {
    for (int i = 1; i <= count; i++) {
      refusals.refused(InetSocketAddress.createUnresolved("check.test", i), closed);
    }
  }

  @Test
  void theFirstOfAKindHasALineAndTheRestASum() {
    refuse(3000);
    refusals.refused(
        InetSocketAddress.createUnresolved("other.test", 1),
        new HandshakeException(Reason.SESSION_KEY_PREFIX, "no key"));
    assertThat(told)
        .containsExactly(
            "refused check.test:1: session failed: closed before its key",
            "refused other.test:1: session key exchange failed: no key");
    told.clear();

    timer.advanceTimeBy(Refusals.SHORTEST);

    assertThat(told)
        .containsExactly(
            "refused 2,999 more for this reason, the last one check.test:3000:"
                + " session failed: closed before its key");
  }

  @Test
  void whoDialledMayBeTheOneWhoRefuses() {
    PeerException refusal =
        ConnectionClosedException.byPeer("it expected another node than this one");
    for (int i = 1; i <= 3; i++) {
      refusals.refused(InetSocketAddress.createUnresolved("dialer.test", i), refusal);
    }
    refusals.sumUp();

    assertThat(told)
        .containsExactly(
            "dialer.test:1 refused this node: session failed: the peer ended the session:"
                + " it expected another node than this one",
            "2 more refused this node, the last one dialer.test:3: session failed: the peer ended"
                + " the session: it expected another node than this one");
  }

  @Test
  void theLongerItGoesOnTheMoreSeldomItIsTold() {
    for (int seconds = 0; seconds < Duration.ofDays(1).toSeconds(); seconds += 5) {
      refuse(1);
      timer.advanceTimeBy(Duration.ofSeconds(5));
    }

    // After 1, 2, 4, … 32 minutes, then hours.
    assertThat(told).hasSizeLessThan(1 + 6 + 24);
  }

  @Test
  void afterAPauseItIsNewsAgain() {
    refuse(1);
    timer.advanceTimeBy(Refusals.SHORTEST);
    refuse(1);

    assertThat(told).hasSize(2).allMatch(line -> line.startsWith("refused check.test:1: "));
  }

  @Test
  void inTheEndNothingIsLeftUnsaid() {
    refuse(2);
    refusals.sumUp();
    refusals.sumUp();

    assertThat(told).hasSize(2).last().asString().startsWith("refused 1 more");
  }
}
