package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

class SendMergeTest {

  private final SendMerge merge = new SendMerge(Schedulers.immediate());
  private final List<Throwable> atWriter = new ArrayList<>();
  private final List<Throwable> atSender = new ArrayList<>();

  /** Ends the link when it hears of an error, as the session's writer does. */
  private final class Writer implements CoreSubscriber<ByteBuf> {

    @Override
    public void onSubscribe(Subscription subscription) {
      subscription.request(1);
    }

    @Override
    public void onNext(ByteBuf payload) {
      payload.release();
      throw new AssertionError("a defect");
    }

    @Override
    public void onError(Throwable failure) {
      atWriter.add(failure);
      merge.abort(Link.asPeerException(failure));
    }

    @Override
    public void onComplete() {
      throw new AssertionError("it is not complete");
    }
  }

  /** Takes so many payloads. */
  private final class Taker extends BaseSubscriber<ByteBuf> {

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
    protected void hookOnNext(ByteBuf payload) {
      taken++;
      payload.release();
    }

    @Override
    protected void hookOnError(Throwable failure) {
      atWriter.add(failure);
    }
  }

  private void send(String packet) {
    merge
        .send(
            Mono.just(packet), text -> Unpooled.copiedBuffer(text.getBytes(StandardCharsets.UTF_8)))
        .subscribe(null, atSender::add);
  }

  @Test
  void aDefectOnTheWayEndsAllSendsAndLaterOnes() {
    merge.subscribe(new Writer());
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

  @Test
  void anErrorThatACodecThrowsFailsItsSendAlone() {
    merge.subscribe(new Taker(Long.MAX_VALUE));
    List<String> written = new ArrayList<>();
    merge
        .<String>send(
            Mono.just("deep"),
            text -> {
              throw new StackOverflowError();
            })
        .subscribe(null, atSender::add);
    merge
        .send(
            Mono.just("flat"), text -> Unpooled.copiedBuffer(text.getBytes(StandardCharsets.UTF_8)))
        .subscribe(null, atSender::add, () -> written.add("flat"));
    merge.written(1);
    assertThat(atSender).hasOnlyElementsOfType(StackOverflowError.class).hasSize(1);
    assertThat(written).containsExactly("flat");
    assertThat(atWriter).isEmpty();
  }

  @Test
  void aSourceThatGivesMoreThanItIsAskedForFails() {
    Taker writer = new Taker(0);
    merge.subscribe(writer);
    List<ByteBuf> packets =
        IntStream.range(0, SendMerge.PREFETCH * 2 + 1)
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
    merge.send(deaf, packet -> packet).subscribe(null, atSender::add);
    writer.request(Long.MAX_VALUE);
    merge.written(writer.taken);

    assertThat(atSender).singleElement().matches(Exceptions::isOverflow);
    assertThat(writer.taken).isEqualTo(SendMerge.PREFETCH);
    assertThat(cancelled).hasPositiveValue();
    assertThat(packets).allMatch(packet -> packet.refCnt() == 0);
  }

  @Test
  void lastWordsAreNobodysPacket() {
    Taker writer = new Taker(Long.MAX_VALUE);
    merge.subscribe(writer);
    send("one");
    merge.finishWith(Unpooled.copiedBuffer(new byte[4]), SendMerge.closed(Reason.CLOSED_LOCALLY));
    assertThat(writer.taken).isEqualTo(2);
    assertThat(merge.undelivered()).isEqualTo(1);
    merge.written(1);
    assertThat(merge.undelivered()).isZero();
    merge.written(2);
    assertThat(merge.undelivered()).isZero();
  }

  private static ByteBuf encoded(String text) {
    return Unpooled.copiedBuffer(text.getBytes(StandardCharsets.UTF_8));
  }

  /** As many steps as this takes when each packet looks at each send take minutes. */
  @Test
  @Timeout(60)
  void aPacketCostsTheSameBesideSendsThatAreIdle() {
    Taker writer = new Taker(Long.MAX_VALUE);
    merge.subscribe(writer);
    for (int i = 0; i < 100_000; i++) {
      merge.send(Flux.<String>never(), SendMergeTest::encoded).subscribe();
    }
    int packets = 100_000;
    for (int i = 0; i < packets; i++) {
      send("packet");
      merge.written(writer.taken);
    }
    assertThat(writer.taken).isEqualTo(packets);
    assertThat(atSender).isEmpty();
  }

  @Test
  void sendsTakeTurnsWhenPacketsAreAskedForOneByOne() {
    List<String> order = new ArrayList<>();
    BaseSubscriber<ByteBuf> one =
        new BaseSubscriber<>() {
          @Override
          protected void hookOnSubscribe(Subscription subscription) {}

          @Override
          protected void hookOnNext(ByteBuf payload) {
            order.add(payload.toString(StandardCharsets.UTF_8));
            payload.release();
          }
        };
    merge.subscribe(one);
    merge.send(Flux.just("a", "a", "a"), SendMergeTest::encoded).subscribe();
    merge.send(Flux.just("b", "b", "b"), SendMergeTest::encoded).subscribe();
    merge.send(Flux.just("c"), SendMergeTest::encoded).subscribe();
    for (int i = 0; i < 7; i++) {
      one.request(1);
    }
    assertThat(order).containsExactly("a", "b", "c", "a", "b", "a", "b");
  }

  @Test
  void whoWakesWhileOthersHaveManyPacketsWaitsForOneOfEach() {
    List<String> order = new ArrayList<>();
    Sinks.Many<String> late = Sinks.many().unicast().onBackpressureBuffer();
    merge.send(late.asFlux(), SendMergeTest::encoded).subscribe();
    merge.send(Flux.just("a", "a", "a", "a"), SendMergeTest::encoded).subscribe();
    merge.subscribe(
        new BaseSubscriber<>() {
          @Override
          protected void hookOnNext(ByteBuf payload) {
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
    merge.subscribe(new Taker(Long.MAX_VALUE));
    Sinks.Many<String> first = Sinks.many().unicast().onBackpressureBuffer();
    merge
        .send(first.asFlux(), SendMergeTest::encoded)
        .subscribe(null, null, () -> done.add("first"));
    first.tryEmitNext("1");
    merge
        .send(Mono.just("2"), SendMergeTest::encoded)
        .subscribe(null, null, () -> done.add("second"));
    first.tryEmitComplete();
    merge.written(1);
    assertThat(done).containsExactly("first");
    merge.written(2);
    assertThat(done).containsExactly("first", "second");
  }

  @Test
  void sendsThatAreCancelledWhileNothingIsAskedForAreForgotten() {
    Taker writer = new Taker(0);
    merge.subscribe(writer);
    List<ByteBuf> packets = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      ByteBuf packet = Unpooled.buffer(4).writeInt(i);
      packets.add(packet);
      merge.<ByteBuf>send(Flux.just(packet).concatWith(Flux.never()), p -> p).subscribe().dispose();
    }
    assertThat(packets).allMatch(packet -> packet.refCnt() == 0);
    assertThat(merge.waiting()).isLessThan(3);
    send("kept");
    writer.request(Long.MAX_VALUE);
    assertThat(writer.taken).isEqualTo(1);
  }

  @Test
  void aSourceThatThrowsWhenItIsAskedOrCancelledFailsItsSendAlone() {
    Taker writer = new Taker(Long.MAX_VALUE);
    merge.subscribe(writer);
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
    merge.send(broken, SendMergeTest::encoded).subscribe(null, atSender::add);
    assertThat(atSender).hasOnlyElementsOfType(NoClassDefFoundError.class).hasSize(1);
    send("other");
    assertThat(writer.taken).isEqualTo(1);
    assertThat(atWriter).isEmpty();
  }

  @Test
  void aSourceThatThrowsWhenItIsSubscribedToFailsItsSendAlone() {
    Taker writer = new Taker(Long.MAX_VALUE);
    merge.subscribe(writer);
    Publisher<String> broken =
        actual -> {
          throw new NoClassDefFoundError("x");
        };
    merge.send(broken, SendMergeTest::encoded).subscribe(null, atSender::add);
    assertThat(atSender).hasOnlyElementsOfType(NoClassDefFoundError.class).hasSize(1);
    send("other");
    assertThat(writer.taken).isEqualTo(1);
  }

  @Test
  void aSenderThatThrowsWhenItIsToldEndsNoOtherSend() {
    merge.subscribe(new Taker(0));
    merge
        .send(Flux.<String>never(), SendMergeTest::encoded)
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
    merge.send(Flux.<String>never(), SendMergeTest::encoded).subscribe(null, atSender::add);
    merge.abort(SendMerge.closed(Reason.CLOSED_LOCALLY));
    assertThat(atSender).hasSize(1);
    send("late");
    assertThat(atSender).hasSize(2);
  }
}
