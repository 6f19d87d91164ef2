package io.fluxwire.dial;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.DialException;
import io.fluxwire.PeerConnectException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How events of dials read to a person. */
class DialEventTextTest {

  private static final String NAME = "127.0.0.1:9735";
  private static final SocketAddress ADDRESS =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 9735);

  @Test
  void aDialWithoutANameSaysItsAddressOnce() {
    PeerException refused =
        new PeerConnectException(
            Reason.CONNECT_FAILED, "Connection refused", new ConnectException());
    DialException round =
        new DialException(NAME, List.of(new DialException.Failure(ADDRESS, refused)));
    DialException unresolved = new DialException(NAME, new UnknownHostException("no"));

    assertThat(new DialEvent.RoundFailed(NAME, round))
        .hasToString("cannot reach " + NAME + ": Connection refused");
    assertThat(new DialEvent.RoundFailed("ledger", round))
        .hasToString("ledger: cannot reach " + NAME + ": Connection refused");
    assertThat(new DialEvent.RoundFailed(NAME, unresolved).toString())
        .startsWith("cannot resolve " + NAME + ": ");
    assertThat(new DialEvent.AttemptFailed(NAME, ADDRESS, refused))
        .hasToString(NAME + " failed: Connection refused");
    assertThat(new DialEvent.AttemptFailed("ledger", ADDRESS, refused))
        .hasToString("ledger: " + NAME + " failed: Connection refused");
  }
}
