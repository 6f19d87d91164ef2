package io.fluxwire.node.page;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/**
 * Server-sent events for a few browsers. A snapshot is made once for all of them, and only while
 * somebody watches. A browser that does not keep up gets the latest when it has taken the one
 * before; one that takes nothing for long is let go.
 */
final class EventStream {

  private final Watchers watchers;
  private final Flux<byte[]> frames;

  /**
   * A stream.
   *
   * @param ticks when to make a snapshot; subscribed to while somebody watches
   * @param snapshot makes one, as JSON in one line
   * @param nanoClock tells how long somebody has watched
   */
  EventStream(Flux<?> ticks, Supplier<String> snapshot, LongSupplier nanoClock) {
    this.watchers = new Watchers(nanoClock);
    this.frames =
        ticks
            .onBackpressureDrop()
            .map(tick -> ("data:" + snapshot.get() + "\n\n").getBytes(StandardCharsets.UTF_8))
            .share();
  }

  /** How many watch. */
  int subscribers() {
    return watchers.count();
  }

  Mono<Void> sendTo(HttpServerRequest request, HttpServerResponse response) {
    return Mono.defer(
        () -> {
          InetSocketAddress from = request.remoteAddress();
          Watchers.Watcher watcher = watchers.admit(from == null ? null : from.getAddress());
          if (watcher == null) {
            return response
                .status(HttpResponseStatus.SERVICE_UNAVAILABLE)
                .header(HttpHeaderNames.RETRY_AFTER, "10")
                .sendString(Mono.just("At most " + Watchers.MAX + " may watch at a time.\n"))
                .then();
          }
          response.sse();
          return frames
              // Never holds the others up, since it takes all and keeps one.
              .onBackpressureLatest()
              .takeUntilOther(watcher.madeWay())
              .concatMap(frame -> write(response, frame), 0)
              .then()
              .doFinally(signal -> watchers.left(watcher));
        });
  }

  /** Completes when the socket has taken it: only then is the next one asked for. */
  private static Mono<Void> write(HttpServerResponse response, byte[] frame) {
    // As a publisher with a predicate: anything else takes the first frame for the whole response.
    return PageRoutes.whileTaken(
        response,
        response.send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(frame)), flushed -> true));
  }
}
