package io.fluxwire.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.publisher.TestPublisher;
import reactor.test.subscriber.TestSubscriber;

class EventStreamTest {

  private final TestPublisher<Integer> ticks = TestPublisher.create();
  private final AtomicInteger made = new AtomicInteger();
  private final EventStream stream =
      new EventStream(ticks.flux(), () -> String.valueOf(made.incrementAndGet()), System::nanoTime);

  private static String text(byte[] event) {
    return new String(event, StandardCharsets.UTF_8);
  }

  private Watchers.Watcher watcher() {
    return Objects.requireNonNull(stream.admit(null));
  }

  @Test
  void whatAServerAsksForInAdvanceIsTheLatestOnceItIsWritten() {
    TestSubscriber<Mono<byte[]>> server = TestSubscriber.builder().initialRequest(32).build();
    stream.framesFor(watcher()).subscribe(server);
    for (int i = 0; i < 100; i++) {
      ticks.next(i);
    }

    List<String> written = new ArrayList<>();
    for (Mono<byte[]> part : server.getReceivedOnNext()) {
      part.subscribe(event -> written.add(text(event)));
    }
    assertThat(server.getReceivedOnNext()).hasSize(32);
    assertThat(written).containsExactly("data:100\n\n");
  }

  @Test
  void eachEventIsSentOnceToEachWhoWatches() {
    TestSubscriber<Mono<byte[]>> one = TestSubscriber.create();
    TestSubscriber<Mono<byte[]>> other = TestSubscriber.create();
    stream.framesFor(watcher()).subscribe(one);
    stream.framesFor(watcher()).subscribe(other);
    ticks.next(1);

    for (TestSubscriber<Mono<byte[]>> server : List.of(one, other)) {
      Mono<byte[]> part = server.getReceivedOnNext().get(0);
      assertThat(part.map(EventStreamTest::text).block()).isEqualTo("data:1\n\n");
      assertThat(part.block()).as("a second time").isNull();
    }
    one.cancel();
    ticks.assertWasNotCancelled();
    other.cancel();
    ticks.assertCancelled();
  }
}
