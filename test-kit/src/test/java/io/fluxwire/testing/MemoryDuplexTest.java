package io.fluxwire.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.test.scheduler.VirtualTimeScheduler;

class MemoryDuplexTest {

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final MemoryDuplex.Pair ends = MemoryDuplex.pair(time);

  @AfterEach
  void close() {
    ends.dialer().dispose();
    time.advanceTime();
  }

  /** Whoever cancels has asked for more, and drops what comes all the same. */
  @Test
  void nothingComesBehindACancelAndTheNextSubscriberGoesOnThere() {
    for (int i = 0; i < 3; i++) {
      ends.dialer().write(Unpooled.buffer().writeByte(i), failure -> {});
    }
    List<Byte> first = new ArrayList<>();
    ends.acceptor()
        .receive()
        .subscribe(
            new BaseSubscriber<>() {
              @Override
              protected void hookOnSubscribe(Subscription subscription) {
                request(3);
              }

              @Override
              protected void hookOnNext(ByteBuf bytes) {
                first.add(bytes.readByte());
                cancel();
              }
            });
    time.advanceTime();
    assertThat(first).containsExactly((byte) 0);

    List<Byte> second = new ArrayList<>();
    ends.acceptor().receive().map(ByteBuf::readByte).subscribe(second::add, gone -> {});
    time.advanceTime();
    assertThat(second).containsExactly((byte) 1, (byte) 2);
  }
}
