package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;

/** What a transport throws, in words. */
class SessionFailuresTest {

  @Test
  void aChannelThatWasClosedBrokeOff() {
    PeerException failure = SessionFailures.of(new ClosedChannelException());

    assertThat(failure.reason()).isEqualTo(Reason.CONNECTION_LOST);
    assertThat(failure).hasMessage("the connection broke off without a word");
  }

  @Test
  void theSystemsWordsAreLeftOfNettys() {
    assertThat(
            SessionFailures.of(
                new IOException("recvAddress(..) failed with error(-104): Connection reset")))
        .hasMessage("the connection was lost: Connection reset");
  }
}
