package io.fluxwire.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerConnection;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.request.Word.Kind;
import io.fluxwire.session.SessionSpec;
import io.fluxwire.testing.MemoryDuplex;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Answer, timeout, cancel and the connection's end at once, by real threads: each request ends
 * once.
 */
@Timeout(60)
class RequestRacesTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int REQUESTS = 3_000;
  private static final int ROUNDS = 10;

  private final Scheduler loop = Schedulers.newSingle("loop", true);
  private final Scheduler askers = Schedulers.newParallel("askers", 4, true);

  private final AtomicInteger answered = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();
  private final AtomicInteger cancelled = new AtomicInteger();
  private final AtomicInteger signals = new AtomicInteger();

  @AfterEach
  void stop() {
    loop.disposeGracefully().block(LIMIT);
    askers.disposeGracefully().block(LIMIT);
  }

  private Mono<PeerConnection<Word>> establish(
      MemoryDuplex duplex, Role role, RequestSpec<Word> requests) {
    return SessionSpec.of(NodeKey.generate())
        .codec(Word.CODEC)
        .requests(requests)
        .establish(duplex, role);
  }

  @Test
  void eachRequestEndsOnceAndNothingIsLeft() {
    for (int round = 1; round <= ROUNDS; round++) {
      race();
      int all = round * REQUESTS;
      await(() -> signals.get() >= all);
      assertThat(signals).hasValue(all);
    }
    assertThat(answered).hasPositiveValue();
    assertThat(failed).hasPositiveValue();
    assertThat(cancelled).hasPositiveValue();
  }

  private void race() {
    RequestSpec<Word> asking =
        Word.requests().timeout(Duration.ofMillis(10)).maxInFlight(20).maxWaiting(200);
    RequestSpec<Word> asked =
        Word.requests()
            .maxHandled(10)
            .handlers(
                RequestHandlers.by(Word::kind).onRequest(Kind.ASK, (peer, word) -> answer(word)));
    MemoryDuplex.Pair ends = MemoryDuplex.pair(loop);
    List<PeerConnection<Word>> both =
        establish(ends.dialer(), Role.DIALER, asking)
            .zipWith(establish(ends.acceptor(), Role.ACCEPTOR, asked), List::of)
            .block(LIMIT);
    Mono<Void> close = both.get(1).closeWithError("enough");
    Flux.range(0, REQUESTS)
        .parallel(4)
        .runOn(askers)
        .doOnNext(
            i -> {
              if (i == REQUESTS - 100) {
                close.subscribe();
              }
            })
        .flatMap(i -> one(both.get(0)), false, 32)
        .sequential()
        .blockLast(LIMIT);
    both.forEach(PeerConnection::dispose);
    Flux.fromIterable(both).flatMap(PeerConnection::onDispose).blockLast(LIMIT);
    await(() -> both.stream().allMatch(one -> RequestPair.pending(one) == 0));
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("the condition comes").isLessThan(end);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }

  /** Some at once, some later, some never. */
  private Mono<Word> answer(Word word) {
    return switch (ThreadLocalRandom.current().nextInt(4)) {
      case 0 -> Mono.just(word.answer(word.text()));
      case 1 -> Mono.just(word.answer(word.text())).subscribeOn(askers);
      case 2 -> Mono.just(word.answer(word.text())).delayElement(Duration.ofMillis(5), askers);
      default -> Mono.delay(Duration.ofMillis(20), askers).thenReturn(word.answer("late"));
    };
  }

  private Mono<Integer> one(PeerConnection<Word> connection) {
    Mono<Word> request =
        connection
            .request(Word.ask("x"))
            .doFinally(
                end -> {
                  signals.incrementAndGet();
                  if (end == SignalType.CANCEL) {
                    cancelled.incrementAndGet();
                  } else if (end == SignalType.ON_COMPLETE) {
                    answered.incrementAndGet();
                  } else {
                    failed.incrementAndGet();
                  }
                });
    return switch (ThreadLocalRandom.current().nextInt(3)) {
      case 0 -> request.map(word -> 1).onErrorReturn(0);
      case 1 -> request.map(word -> 1).onErrorReturn(0).or(Mono.just(2).subscribeOn(askers));
      default ->
          request
              .map(word -> 1)
              .onErrorReturn(0)
              .or(Mono.delay(Duration.ofMillis(2), askers).thenReturn(2));
    };
  }
}
