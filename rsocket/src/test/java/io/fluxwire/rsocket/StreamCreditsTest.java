package io.fluxwire.rsocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.rsocket.frame.CancelFrameCodec;
import io.rsocket.frame.ErrorFrameCodec;
import io.rsocket.frame.PayloadFrameCodec;
import io.rsocket.frame.RequestChannelFrameCodec;
import io.rsocket.frame.RequestNFrameCodec;
import io.rsocket.frame.RequestStreamFrameCodec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StreamCreditsTest {

  private static final ByteBufAllocator HEAP = UnpooledByteBufAllocator.DEFAULT;
  private static final int UNBOUNDED = Integer.MAX_VALUE;

  private final StreamCredits credits = new StreamCredits(100_000);
  private final List<ByteBuf> frames = new ArrayList<>();

  @AfterEach
  void releaseFrames() {
    frames.forEach(ByteBuf::release);
  }

  private @Nullable ByteBuf received(ByteBuf frame) {
    frames.add(frame);
    ByteBuf passed = credits.received(frame, HEAP);
    if (passed != null) {
      frames.add(passed);
    }
    return passed;
  }

  private void sending(int id, ByteBuf frame) {
    frames.add(frame);
    credits.sending(id, frame);
  }

  /** How much RSocket is told at first. */
  private long opened(int id, int demand) {
    ByteBuf frame =
        RequestStreamFrameCodec.encode(HEAP, id, false, demand, null, Unpooled.EMPTY_BUFFER);
    return RequestStreamFrameCodec.initialRequestN(received(frame));
  }

  private @Nullable ByteBuf asked(int id, int demand) {
    return received(RequestNFrameCodec.encode(HEAP, id, demand));
  }

  /** How much RSocket is told now; 0 for nothing. */
  private long next() {
    ByteBuf frame = credits.next(HEAP);
    if (frame == null) {
      return 0;
    }
    frames.add(frame);
    return RequestNFrameCodec.requestN(frame);
  }

  private void send(int id, int size) {
    send(id, size, false, false);
  }

  private void send(int id, int size, boolean hasMore, boolean completes) {
    ByteBuf data = Unpooled.wrappedBuffer(new byte[size - 6]);
    sending(id, PayloadFrameCodec.encode(HEAP, id, hasMore, completes, true, null, data));
  }

  @Test
  void theFirstPayloadTellsTheirSize() {
    assertThat(opened(1, UNBOUNDED)).isEqualTo(1);
    assertThat(next()).isZero();

    send(1, 1_000);

    assertThat(next()).isEqualTo(100);
    assertThat(next()).isZero();
  }

  @Test
  void aPortionFollowsWhenHalfOfTheLastOneIsSent() {
    opened(1, UNBOUNDED);
    send(1, 1_000);
    assertThat(next()).isEqualTo(100);

    for (int i = 0; i < 49; i++) {
      send(1, 1_000);
    }
    assertThat(next()).isZero();
    send(1, 1_000);

    assertThat(next()).isEqualTo(100);
  }

  @Test
  void noMoreIsPassedOnThanTheyAskedFor() {
    assertThat(opened(1, 3)).isEqualTo(1);
    send(1, 10);
    assertThat(next()).isEqualTo(2);
    send(1, 10);
    send(1, 10);
    assertThat(next()).isZero();

    assertThat(asked(1, 5)).isNull();
    assertThat(next()).isEqualTo(5);
  }

  @Test
  void fragmentsAreOnePayload() {
    opened(1, UNBOUNDED);
    send(1, 20_000, true, false);
    assertThat(next()).isZero();
    send(1, 5_000);

    assertThat(next()).isEqualTo(4);
  }

  @Test
  void aLargePayloadIsAPortionByItself() {
    opened(1, UNBOUNDED);
    send(1, 1_000_000);

    assertThat(next()).isEqualTo(1);
  }

  @Test
  void streamsShare() {
    for (int id = 1; id < 20; id += 2) {
      opened(id, UNBOUNDED);
    }
    for (int id = 1; id < 20; id += 2) {
      send(id, 1_000);
    }
    for (int i = 0; i < 10; i++) {
      assertThat(next()).isEqualTo(10);
    }
    assertThat(next()).isZero();
  }

  @Test
  void aChannelOfThisSidesHasTheSizeOfItsFirstPayload() {
    ByteBuf data = Unpooled.wrappedBuffer(new byte[990]);
    sending(1, RequestChannelFrameCodec.encode(HEAP, 1, false, false, 1, null, data));

    assertThat(asked(1, UNBOUNDED)).isNull();
    assertThat(next()).isEqualTo(100);
  }

  @Test
  void whatEndsIsForgotten() {
    opened(1, UNBOUNDED);
    send(1, 10, false, true);
    opened(3, UNBOUNDED);
    sending(3, ErrorFrameCodec.encode(HEAP, 3, new IllegalStateException()));
    opened(5, UNBOUNDED);
    received(CancelFrameCodec.encode(HEAP, 5));
    sending(
        7, RequestChannelFrameCodec.encode(HEAP, 7, false, false, 1, null, Unpooled.EMPTY_BUFFER));
    sending(7, CancelFrameCodec.encode(HEAP, 7));

    assertThat(credits.size()).isZero();
    assertThat(next()).isZero();
    opened(9, UNBOUNDED);
    send(9, 1_000);
    // All of the window: nothing that has ended has a share.
    assertThat(next()).isEqualTo(100);
  }

  @Test
  void whoWasAskedSendsOnAfterItWantsNoMoreItself() {
    ByteBuf request =
        RequestChannelFrameCodec.encode(
            HEAP, 1, false, false, UNBOUNDED, null, Unpooled.EMPTY_BUFFER);
    received(request);
    sending(1, CancelFrameCodec.encode(HEAP, 1));
    send(1, 1_000);

    assertThat(next()).isEqualTo(100);
  }

  @Test
  void aDemandForNoStreamIsRSocketsAffair() {
    ByteBuf frame = RequestNFrameCodec.encode(HEAP, 11, 5);

    assertThat(received(frame)).isSameAs(frame);
    assertThat(credits.size()).isZero();
  }
}
