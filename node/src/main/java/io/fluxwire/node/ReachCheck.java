package io.fluxwire.node;

import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import io.fluxwire.internal.AddressText;
import io.fluxwire.netty.PeerClient;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Whether a node at this address answers, up to the end of the handshake.
 *
 * @param client who asks, in which dialect, and for which node
 * @param address without a name to resolve
 * @param limit for all of it
 */
record ReachCheck(PeerClient<?> client, SocketAddress address, Duration limit) implements Check {

  private static final String NAME = "reach";

  @Override
  public Finding run() {
    long start = System.nanoTime();
    String where = AddressText.of(address);
    try {
      PeerConnection<?> peer =
          client
              .remote(address)
              .connect()
              .timeout(limit, Mono.error(() -> unanswered(where)))
              .block();
      return Finding.ok(NAME, answered(where, peer, System.nanoTime() - start));
    } catch (RuntimeException e) {
      return Finding.problem(NAME, Failures.describe(e), advice(e));
    }
  }

  private PeerException unanswered(String where) {
    return new PeerTimeoutException(
        Reason.HANDSHAKE_TIMEOUT,
        "no answer of %s within %d s".formatted(where, limit.toSeconds()));
  }

  private String answered(String where, @Nullable PeerConnection<?> peer, long nanos) {
    if (peer == null) {
      return where;
    }
    // In good order, so that the peer does not report a connection that was cut.
    peer.close().timeout(limit, Mono.fromRunnable(peer::dispose)).block();
    return "%s: node %s answered in %d ms (%s)"
        .formatted(where, peer.remoteId(), TimeUnit.NANOSECONDS.toMillis(nanos), peer.session());
  }

  private static String advice(RuntimeException failure) {
    String advice = Failures.advice(failure);
    return advice.isEmpty() ? "check the address, and that the node is started" : advice;
  }
}
