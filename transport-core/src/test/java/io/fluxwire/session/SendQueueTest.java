package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

class SendQueueTest {

  private final SendQueue queue = new SendQueue(Schedulers.immediate());
  private final List<Throwable> atWriter = new ArrayList<>();
  private final List<Throwable> atSender = new ArrayList<>();

  /** Of each payload that was taken. */
  private final List<@Nullable PendingSend<?>> owners = new ArrayList<>();

  private int told;

  /** So many of all payloads that were taken are on the wire. */
  private void written(int payloads) {
    while (told < payloads) {
      PendingSend<?> owner = owners.get(told++);
      if (owner != null) {
        owner.written(1);
      }
    }
  }

  /** Ends the link when it hears of an error, as the session's writer does. */
  private final class Writer implements CoreSubscriber<Outgoing> {

    @Override
    public void onSubscribe(Subscription subscription) {
      subscription.request(1);
    }

    @Override
    public void onNext(Outgoing next) {
      next.payload().release();
      throw new AssertionError("a defect");
    }

    @Override
    public void onError(Throwable failure) {
      atWriter.add(failure);
      queue.end(new SendEnd.Abort(SessionFailures.of(failure)));
    }

    @Override
    public void onComplete() {
      throw new AssertionError("it is not complete");
    }
  }

  /** Takes so many payloads. */
  private final class Taker extends BaseSubscriber<Outgoing> {

    private final long demand;
    private int taken;

    Taker(long demand) {
      this.demand = demand;
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      if (demand > 0) {
        subscription.request(demand);
      }
    }

    @Override
    protected void hookOnNext(Outgoing next) {
      taken++;
      owners.add(next.owner());
      next.payload().release();
    }

    @Override
    protected void hookOnError(Throwable failure) {
      atWriter.add(failure);
    }
  }

  private void send(String packet) {
    queue
        .send(
            Mono.just(packet), text -> Unpooled.copiedBuffer(text.getBytes(StandardCharsets.UTF_8)))
        .subscribe(null, atSender::add);
  }

  @Test
  void aDefectOnTheWayEndsAllSendsAndLaterOnes() {
    queue.subscribe(new Writer());
    send("one");
    assertThat(atWriter).hasOnlyElementsOfType(AssertionError.class).hasSize(1);
    assertThat(atSender).hasSize(1);
    send("two");
    assertThat(atSender)
        .hasSize(2)
        .allSatisfy(
            failure ->
                assertThat(((PeerException) failure).reason()).isEqualTo(Reason.APPLICATION_ERROR));
  }

  /** Or a peer that was to be told of an error would see an end in good order. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aHarderEndThatComesWithTheLastPacketIsNoCompletion(boolean byPayload) {
    PeerException why = new ConnectionClosedException(Reason.CLOSED_WITH_ERROR, "not all");
    ByteBuf error = Unpooled.buffer().writeZero(16);
    List<String> completions = new ArrayList<>();
    BaseSubscriber<Outgoing> writer =
        new BaseSubscriber<>() {
          @Override
          protected void hookOnSubscribe(Subscription subscription) {}

          @Override
          protected void hookOnNext(Outgoing next) {
            next.payload().release();
            queue.end(
                new SendEnd.DrainAndTell(byPayload ? new SendEnd.LastPayload(error) : null, why));
            queue.end(new SendEnd.Abort(SendQueue.closed(Reason.CLOSED_LOCALLY)));
          }

          @Override
          protected void hookOnComplete() {
            completions.add("complete");
          }

          @Override
          protected void hookOnError(Throwable failure) {
            atWriter.add(failure);
          }
        };
    queue.subscribe(writer);
    send("one");
    writer.request(2);
    assertThat(completions).isEmpty();
    assertThat(atWriter).hasSize(1);
    assertThat(queue.fault()).isNull();
    assertThat(error.refCnt()).isEqualTo(byPayload ? 0 : 1);
  }

  @Test
  void anErrorThatACodecThrowsFailsItsSendAlone() {
    queue.subscribe(new Taker(Long.MAX_VALUE));
    List<String> written = new ArrayList<>();
    queue
        .<String>send(
            Mono.just("deep"),
            text -> {
              throw new StackOverflowError();
            })
        .subscribe(null, atSender::add);
    queue
        .send(
            Mono.just("flat"), text -> Unpooled.copiedBuffer(text.getBytes(StandardCharsets.UTF_8)))
        .subscribe(null, atSender::add, () -> written.add("flat"));
    written(1);
    assertThat(atSender).hasOnlyElementsOfType(StackOverflowError.class).hasSize(1);
    assertThat(written).containsExactly("flat");
    assertThat(atWriter).isEmpty();
  }

  @Test
  void aSourceThatGivesMoreThanItIsAskedForFails() {
    Taker writer = new Taker(0);
    queue.subscribe(writer);
    List<ByteBuf> packets =
        IntStream.range(0, SendQueue.PREFETCH * 2 + 1)
            .mapToObj(i -> Unpooled.buffer(4).writeInt(i))
            .toList();
    AtomicInteger cancelled = new AtomicInteger();
    Publisher<ByteBuf> deaf =
        actual -> {
          actual.onSubscribe(
              new Subscription() {
                @Override
                public void request(long n) {}

                @Override
                public void cancel() {
                  cancelled.incrementAndGet();
                }
              });
          packets.forEach(actual::onNext);
        };
    queue.send(deaf, packet -> packet).subscribe(null, atSender::add);
    writer.request(Long.MAX_VALUE);
    written(writer.taken);

    assertThat(atSender).singleElement().matches(Exceptions::isOverflow);
    assertThat(writer.taken).isEqualTo(SendQueue.PREFETCH);
    assertThat(cancelled).hasPositiveValue();
    assertThat(packets).allMatch(packet -> packet.refCnt() == 0);
  }

  @Test
  void aPayloadThatReplacesTheRestIsNobodysPacket() {
    Taker writer = new Taker(1);
    queue.subscribe(writer);
    send("one");
    send("two");
    queue.end(
        new SendEnd.Replace(
            Unpooled.copiedBuffer(new byte[4]), SendQueue.closed(Reason.CLOSED_LOCALLY)));
    assertThat(queue.lost()).isEqualTo(1);
    writer.request(Long.MAX_VALUE);
    assertThat(writer.taken).isEqualTo(2);
    assertThat(owners.get(0)).isNotNull();
    assertThat(owners.get(1)).isNull();
    assertThat(queue.lost()).isEqualTo(1);
  }

  @Test
  void aGentlerEndComesTooLate() {
    Taker writer = new Taker(0);
    queue.subscribe(writer);
    send("one");
    ByteBuf replacing = Unpooled.copiedBuffer(new byte[4]);
    ByteBuf late = Unpooled.copiedBuffer(new byte[4]);
    PeerException cause = SendQueue.closed(Reason.CLOSED_LOCALLY);
    queue.end(new SendEnd.Replace(replacing, cause));
    queue.end(new SendEnd.Drain(SendQueue.closed(Reason.CLOSED_BY_PEER)));
    queue.end(new SendEnd.Abort(cause));
    queue.end(new SendEnd.Replace(late, cause));
    writer.request(Long.MAX_VALUE);
    assertThat(writer.taken).isZero();
    assertThat(atWriter).containsExactly(cause);
    assertThat(atSender).containsExactly(cause);
    assertThat(replacing.refCnt()).isZero();
    assertThat(late.refCnt()).isZero();
  }

  private static ByteBuf encoded(String text) {
    return Unpooled.copiedBuffer(text.getBytes(StandardCharsets.UTF_8));
  }

  /** As many steps as this takes when each packet looks at each send take minutes. */
  @Test
  @Timeout(60)
  void aPacketCostsTheSameBesideSendsThatAreIdle() {
    Taker writer = new Taker(Long.MAX_VALUE);
    queue.subscribe(writer);
    for (int i = 0; i < 100_000; i++) {
      queue.send(Flux.<String>never(), SendQueueTest::encoded).subscribe();
    }
    int packets = 100_000;
    for (int i = 0; i < packets; i++) {
      send("packet");
      written(writer.taken);
    }
    assertThat(writer.taken).isEqualTo(packets);
    assertThat(atSender).isEmpty();
  }

  @Test
  void sendsTakeTurnsWhenPacketsAreAskedForOneByOne() {
    List<String> order = new ArrayList<>();
    BaseSubscriber<Outgoing> one =
        new BaseSubscriber<>() {
          @Override
          protected void hookOnSubscribe(Subscription subscription) {}

          @Override
          protected void hookOnNext(Outgoing next) {
            ByteBuf payload = next.payload();
            order.add(payload.toString(StandardCharsets.UTF_8));
            payload.release();
          }
        };
    queue.subscribe(one);
    queue.send(Flux.just("a", "a", "a"), SendQueueTest::encoded).subscribe();
    queue.send(Flux.just("b", "b", "b"), SendQueueTest::encoded).subscribe();
    queue.send(Flux.just("c"), SendQueueTest::encoded).subscribe();
    for (int i = 0; i < 7; i++) {
      one.request(1);
    }
    assertThat(order).containsExactly("a", "b", "c", "a", "b", "a", "b");
  }

  @Test
  void whoWakesWhileOthersHaveManyPacketsWaitsForOneOfEach() {
    List<String> order = new ArrayList<>();
    Sinks.Many<String> late = Sinks.many().unicast().onBackpressureBuffer();
    queue.send(late.asFlux(), SendQueueTest::encoded).subscribe();
    queue.send(Flux.just("a", "a", "a", "a"), SendQueueTest::encoded).subscribe();
    queue.subscribe(
        new BaseSubscriber<>() {
          @Override
          protected void hookOnNext(Outgoing next) {
            ByteBuf payload = next.payload();
            if (order.isEmpty()) {
              late.tryEmitNext("b");
            }
            order.add(payload.toString(StandardCharsets.UTF_8));
            payload.release();
          }
        });
    assertThat(order.indexOf("b")).isLessThanOrEqualTo(2);
    assertThat(order).hasSize(5);
  }

  @Test
  void aSendIsDoneWhenItsOwnPacketsAreWrittenWhoeverEndedFirst() {
    List<String> done = new ArrayList<>();
    queue.subscribe(new Taker(Long.MAX_VALUE));
    Sinks.Many<String> first = Sinks.many().unicast().onBackpressureBuffer();
    queue
        .send(first.asFlux(), SendQueueTest::encoded)
        .subscribe(null, null, () -> done.add("first"));
    first.tryEmitNext("1");
    queue
        .send(Mono.just("2"), SendQueueTest::encoded)
        .subscribe(null, null, () -> done.add("second"));
    first.tryEmitComplete();
    written(1);
    assertThat(done).containsExactly("first");
    written(2);
    assertThat(done).containsExactly("first", "second");
  }

  @Test
  void sendsThatAreCancelledWhileNothingIsAskedForAreForgotten() {
    Taker writer = new Taker(0);
    queue.subscribe(writer);
    List<ByteBuf> packets = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      ByteBuf packet = Unpooled.buffer(4).writeInt(i);
      packets.add(packet);
      queue.<ByteBuf>send(Flux.just(packet).concatWith(Flux.never()), p -> p).subscribe().dispose();
    }
    assertThat(packets).allMatch(packet -> packet.refCnt() == 0);
    assertThat(queue.waiting()).isLessThan(3);
    send("kept");
    writer.request(Long.MAX_VALUE);
    assertThat(writer.taken).isEqualTo(1);
  }

  @Test
  void aSourceThatThrowsWhenItIsAskedOrCancelledFailsItsSendAlone() {
    Taker writer = new Taker(Long.MAX_VALUE);
    queue.subscribe(writer);
    Publisher<String> broken =
        actual ->
            actual.onSubscribe(
                new Subscription() {
                  @Override
                  public void request(long n) {
                    throw new NoClassDefFoundError("x");
                  }

                  @Override
                  public void cancel() {
                    throw new NoClassDefFoundError("y");
                  }
                });
    queue.send(broken, SendQueueTest::encoded).subscribe(null, atSender::add);
    assertThat(atSender).hasOnlyElementsOfType(NoClassDefFoundError.class).hasSize(1);
    send("other");
    assertThat(writer.taken).isEqualTo(1);
    assertThat(atWriter).isEmpty();
  }

  @Test
  void aSourceThatThrowsWhenItIsSubscribedToFailsItsSendAlone() {
    Taker writer = new Taker(Long.MAX_VALUE);
    queue.subscribe(writer);
    Publisher<String> broken =
        actual -> {
          throw new NoClassDefFoundError("x");
        };
    queue.send(broken, SendQueueTest::encoded).subscribe(null, atSender::add);
    assertThat(atSender).hasOnlyElementsOfType(NoClassDefFoundError.class).hasSize(1);
    send("other");
    assertThat(writer.taken).isEqualTo(1);
  }

  @Test
  void aSenderThatThrowsWhenItIsToldEndsNoOtherSend() {
    queue.subscribe(new Taker(0));
    queue
        .send(Flux.<String>never(), SendQueueTest::encoded)
        .subscribe(
            new CoreSubscriber<Void>() {
              @Override
              public void onSubscribe(Subscription subscription) {
                subscription.request(1);
              }

              @Override
              public void onNext(Void nothing) {}

              @Override
              public void onError(Throwable failure) {
                throw new NoClassDefFoundError("x");
              }

              @Override
              public void onComplete() {}
            });
    queue.send(Flux.<String>never(), SendQueueTest::encoded).subscribe(null, atSender::add);
    queue.end(new SendEnd.Abort(SendQueue.closed(Reason.CLOSED_LOCALLY)));
    assertThat(atSender).hasSize(1);
    send("late");
    assertThat(atSender).hasSize(2);
  }
}
