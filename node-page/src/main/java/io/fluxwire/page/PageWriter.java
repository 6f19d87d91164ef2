package io.fluxwire.page;

import io.netty.buffer.Unpooled;
import java.time.Duration;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableChannel;
import reactor.netty.http.server.HttpServerResponse;

/** Writes answers to Reactor Netty's server. */
final class PageWriter {

  /** How long a client may take nothing of an answer. */
  private static final Duration STUCK = Duration.ofSeconds(30);

  private PageWriter() {}

  static Publisher<Void> write(HttpServerResponse response, PageAnswer answer) {
    response.status(answer.status());
    answer.headers().forEach(response::header);
    if (!answer.isStream()) {
      return whileTaken(response, whole(response, answer));
    }
    response.sse();
    return answer.parts().concatMap(part -> whileTaken(response, part(response, part)), 0).then();
  }

  private static Publisher<Void> whole(HttpServerResponse response, PageAnswer answer) {
    return answer.hasBody() ? response.sendByteArray(answer.body()) : response.send();
  }

  /** Completes when the socket has taken it: only then is the next one asked for. */
  private static Publisher<Void> part(HttpServerResponse response, Mono<byte[]> part) {
    // As a publisher with a predicate: anything else takes the first part for the whole response.
    return response.send(part.map(Unpooled::wrappedBuffer), flushed -> true);
  }

  /** Closes the connection of one who takes nothing of it for long. */
  private static Mono<Void> whileTaken(HttpServerResponse response, Publisher<Void> sending) {
    return Mono.from(sending)
        .timeout(
            STUCK, Mono.fromRunnable(() -> response.withConnection(DisposableChannel::dispose)));
  }
}
