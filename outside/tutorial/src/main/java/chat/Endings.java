package chat;

import chat.proto.ChatPkt;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.DialException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;
import reactor.util.retry.RetryBackoffSpec;

/** The tutorial's ends of connections. */
final class Endings {

  private Endings() {}

  static void watch(PeerConnection<ChatPkt> peer, Consumer<String> log) {
    NodeId who = peer.remoteId();
    peer.onClose().subscribe(end -> log.accept(who + " is gone: " + end));
  }

  static String explain(Throwable failure) {
    if (failure instanceof DialException dial && !dial.failures().isEmpty()) {
      return dial.failures().stream()
          .map(tried -> tried.address() + ": " + explain(tried.cause()))
          .collect(Collectors.joining(", "));
    }
    if (failure instanceof ConnectionClosedException closed && closed.problem() != null) {
      return "the peer says: " + closed.problem();
    }
    return failure instanceof PeerException peer ? peer.reason().name() : failure.toString();
  }

  static <P> Mono<PeerConnection<P>> persistently(
      Mono<PeerConnection<P>> dial, RetryBackoffSpec waits) {
    return dial.retryWhen(waits.filter(Endings::canBeCured));
  }

  private static boolean canBeCured(Throwable failure) {
    return failure instanceof PeerException peer && peer.isRetryable();
  }

  static RetryBackoffSpec waits() {
    return Retry.backoff(8, Duration.ofSeconds(1));
  }
}
