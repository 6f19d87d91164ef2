package io.fluxwire.node.page;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerResponse;

/**
 * Server-sent events for a few browsers. A snapshot is made once for all of them, and only while
 * somebody watches. A browser that does not keep up gets the latest when it has taken the one
 * before; one that takes nothing for long is let go.
 */
final class EventStream {

  /** How many may watch. */
  static final int SUBSCRIBERS = 16;

  private static final Duration STUCK = Duration.ofSeconds(30);

  private final AtomicInteger subscribers = new AtomicInteger();
  private final Flux<byte[]> frames;

  /**
   * A stream.
   *
   * @param ticks when to make a snapshot; subscribed to while somebody watches
   * @param snapshot makes one, as JSON in one line
   */
  EventStream(Flux<?> ticks, Supplier<String> snapshot) {
    this.frames =
        ticks
            .onBackpressureDrop()
            .map(tick -> ("data:" + snapshot.get() + "\n\n").getBytes(StandardCharsets.UTF_8))
            .share();
  }

  /** How many watch. */
  int subscribers() {
    return subscribers.get();
  }

  Mono<Void> sendTo(HttpServerResponse response) {
    return Mono.defer(
        () -> {
          if (subscribers.incrementAndGet() > SUBSCRIBERS) {
            subscribers.decrementAndGet();
            return response
                .status(HttpResponseStatus.SERVICE_UNAVAILABLE)
                .header(HttpHeaderNames.RETRY_AFTER, "10")
                .sendString(Mono.just("At most " + SUBSCRIBERS + " may watch at a time.\n"))
                .then();
          }
          response.sse();
          return frames
              // Never holds the others up, since it takes all and keeps one.
              .onBackpressureLatest()
              .concatMap(frame -> write(response, frame), 0)
              .then()
              .doFinally(signal -> subscribers.decrementAndGet());
        });
  }

  /** Completes when the socket has taken it: only then is the next one asked for. */
  private static Mono<Void> write(HttpServerResponse response, byte[] frame) {
    // As a publisher with a predicate: anything else takes the first frame for the whole response.
    return response
        .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(frame)), flushed -> true)
        .then()
        .timeout(STUCK);
  }
}
