package io.fluxwire.page;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

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

  /**
   * A place for one who watches, which is to be {@link #left}.
   *
   * @param from where it comes from; null where that is not known
   * @return null when there is none
   */
  Watchers.@Nullable Watcher admit(@Nullable InetAddress from) {
    return watchers.admit(from);
  }

  void left(Watchers.Watcher watcher) {
    watchers.left(watcher);
  }

  /**
   * The snapshots for one who watches, as events. What is emitted stands for the latest one at the
   * time when it is subscribed to: an HTTP server asks for many at a time and keeps them while the
   * browser takes none, so that they must hold nothing.
   */
  Flux<Mono<byte[]>> framesFor(Watchers.Watcher watcher) {
    return Flux.defer(
        () -> {
          AtomicReference<byte @Nullable []> latest = new AtomicReference<>();
          Mono<byte[]> taken = Mono.fromSupplier(() -> latest.getAndSet(null));
          return frames
              .doOnNext(latest::set)
              .map(frame -> taken)
              // Never holds the others up, since it takes all and keeps one.
              .onBackpressureLatest()
              .takeUntilOther(watcher.madeWay());
        });
  }
}
