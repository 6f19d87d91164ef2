package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
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
    merge.subscribe(
        new CoreSubscriber<>() {
          @Override
          public void onSubscribe(Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
          }

          @Override
          public void onNext(ByteBuf payload) {
            payload.release();
          }

          @Override
          public void onError(Throwable failure) {
            atWriter.add(failure);
          }

          @Override
          public void onComplete() {}
        });
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
}
