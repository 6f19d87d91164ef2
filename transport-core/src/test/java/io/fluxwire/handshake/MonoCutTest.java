package io.fluxwire.handshake;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.BaseSubscriber;
import reactor.test.publisher.TestPublisher;

class MonoCutTest {

  private static final int COLLECTIONS = 50;

  private final TestPublisher<ByteBuf> source = TestPublisher.create();
  private final List<MonoCut.Cut> cuts = new ArrayList<>();

  private WeakReference<Object> takeHead() {
    BaseSubscriber<MonoCut.Cut> taker =
        new BaseSubscriber<>() {
          @Override
          protected void hookOnNext(MonoCut.Cut cut) {
            cuts.add(cut);
          }
        };
    MonoCut.afterFirst(source.flux()).subscribe(taker);
    source.next(Unpooled.wrappedBuffer(new byte[] {1, 2, 3}));
    return new WeakReference<>(taker);
  }

  /** A connection that is open for a year should not keep its handshake for a year. */
  @Test
  void whoTookTheHeadIsForgottenWhileTheRestGoesOn() throws InterruptedException {
    WeakReference<Object> taker = takeHead();
    assertThat(cuts).hasSize(1);
    for (int i = 0; i < COLLECTIONS && taker.get() != null; i++) {
      System.gc();
      Thread.sleep(10);
    }
    assertThat(taker.get()).isNull();
    List<Integer> rest = new ArrayList<>();
    cuts.get(0).rest().subscribe(buffer -> rest.add((int) buffer.readByte()));
    source.next(Unpooled.wrappedBuffer(new byte[] {4}));
    assertThat(rest).containsExactly(4);
  }
}
