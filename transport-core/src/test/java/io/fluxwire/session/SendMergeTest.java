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
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
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
}
