package io.fluxwire.rsocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.rsocket.frame.CancelFrameCodec;
import io.rsocket.frame.ErrorFrameCodec;
import io.rsocket.frame.PayloadFrameCodec;
import io.rsocket.frame.RequestChannelFrameCodec;
import io.rsocket.frame.RequestFireAndForgetFrameCodec;
import io.rsocket.frame.RequestResponseFrameCodec;
import io.rsocket.frame.RequestStreamFrameCodec;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PeerStreamsTest {

  private static final ByteBufAllocator HEAP = UnpooledByteBufAllocator.DEFAULT;
  private static final int LARGE = 1024 * 1024 - 256 - 64;

  private final PeerStreams streams = new PeerStreams(PeerStreams.Side.SERVER);

  private static ByteBuf data(int size) {
    return Unpooled.wrappedBuffer(new byte[size]);
  }

  private static ByteBuf fireAndForget(int id, boolean hasMore, int size) {
    return RequestFireAndForgetFrameCodec.encode(HEAP, id, hasMore, null, data(size));
  }

  private static ByteBuf response(int id, boolean hasMore, int size) {
    return RequestResponseFrameCodec.encode(HEAP, id, hasMore, null, data(size));
  }

  private static ByteBuf stream(int id, boolean hasMore, int size) {
    return RequestStreamFrameCodec.encode(HEAP, id, hasMore, 1, null, data(size));
  }

  private static ByteBuf channel(int id, boolean hasMore, int size) {
    return RequestChannelFrameCodec.encode(HEAP, id, hasMore, false, 1, null, data(size));
  }

  private static ByteBuf payload(int id, boolean hasMore, boolean completes, int size) {
    return PayloadFrameCodec.encode(HEAP, id, hasMore, completes, true, null, data(size));
  }

  private static ByteBuf error(int id) {
    return ErrorFrameCodec.encode(HEAP, id, new IllegalStateException(""));
  }

  private void received(ByteBuf frame) {
    try {
      streams.received(frame);
    } finally {
      frame.release();
    }
  }

  private void sending(int id, ByteBuf frame) {
    streams.sending(id, frame);
    frame.release();
  }

  private static void assertRefused(Reason reason, ThrowingCallable receiving) {
    assertThatThrownBy(receiving)
        .isInstanceOfSatisfying(
            PacketException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  static Stream<IntFunction<ByteBuf>> firstFragments() {
    return Stream.of(
        id -> fireAndForget(id, true, LARGE),
        id -> response(id, true, LARGE),
        id -> stream(id, true, LARGE),
        id -> channel(id, true, LARGE));
  }

  @ParameterizedTest
  @MethodSource("firstFragments")
  void fragmentsOfManyStreamsAreRefusedBeyondTheirBound(IntFunction<ByteBuf> fragment) {
    for (int i = 0; i < 8; i++) {
      received(fragment.apply(2 * i + 1));
    }
    assertThat(streams.unfinished()).isBetween(8L * LARGE, (long) FluxwireRSocket.MAX_UNFINISHED);

    assertRefused(Reason.PAYLOAD_TOO_LARGE, () -> received(fragment.apply(17)));
  }

  @Test
  void fragmentsThatFollowCountToo() {
    received(channel(1, false, 0));
    sending(2, stream(2, false, 0));
    for (int i = 0; i < 4; i++) {
      received(payload(1, true, false, LARGE));
      received(payload(2, true, false, LARGE));
    }

    assertRefused(Reason.PAYLOAD_TOO_LARGE, () -> received(payload(1, true, false, LARGE)));
  }

  @Test
  void emptyFragmentsCountToo() {
    received(channel(1, false, 0));

    assertRefused(
        Reason.PAYLOAD_TOO_LARGE,
        () -> {
          for (int i = 0; i < 40_000; i++) {
            received(payload(1, true, false, 0));
          }
        });
  }

  @Test
  void theLastFragmentFreesThoseBeforeIt() {
    for (int id = 1; id < 100; id += 2) {
      received(response(id, true, LARGE));
      received(payload(id, true, false, LARGE));
      received(payload(id, false, false, 10));

      assertThat(streams.unfinished()).isZero();
      assertThat(streams.size()).isEqualTo((id + 1) / 2);
    }
  }

  @Test
  void fragmentsOfNoStreamDoNotCount() {
    received(payload(2, true, false, LARGE));

    assertThat(streams.unfinished()).isZero();
    assertThat(streams.size()).isZero();
  }

  @Test
  void streamsAreBoundedUntilTheyEnd() {
    for (int i = 0; i < FluxwireRSocket.MAX_STREAMS; i++) {
      received(response(2 * i + 1, false, 0));
    }
    int next = 2 * FluxwireRSocket.MAX_STREAMS + 1;
    sending(1, payload(1, false, true, 0));
    received(stream(next, false, 0));

    assertRefused(Reason.TOO_MANY_REQUESTS, () -> received(stream(next + 2, false, 0)));
  }

  @Test
  void aStreamIsOpenedOnce() {
    received(fireAndForget(1, true, 10));

    assertRefused(Reason.PACKET_MALFORMED, () -> received(fireAndForget(1, true, 10)));
  }

  @ParameterizedTest
  @MethodSource("firstFragments")
  void aPeerOpensNoStreamsOfThisSides(IntFunction<ByteBuf> request) {
    assertRefused(Reason.PACKET_MALFORMED, () -> received(request.apply(2)));
    assertThat(streams.size()).isZero();
    received(request.apply(1));

    PeerStreams ofClient = new PeerStreams(PeerStreams.Side.CLIENT);
    ByteBuf odd = request.apply(1);
    assertRefused(Reason.PACKET_MALFORMED, () -> ofClient.received(odd));
    odd.release();
    ByteBuf even = request.apply(2);
    ofClient.received(even);
    even.release();
    assertThat(ofClient.size()).isEqualTo(1);
  }

  @Test
  void whatThePeerHasOpenedEndsAsItDoesForRSocket() {
    received(fireAndForget(1, false, 10));
    received(fireAndForget(3, true, 10));
    received(payload(3, false, false, 10));
    received(response(5, true, 10));
    sending(5, error(5));
    received(stream(7, true, 10));
    received(CancelFrameCodec.encode(HEAP, 7));
    received(channel(9, false, 10));
    received(payload(9, false, true, 10));
    sending(9, payload(9, false, true, 10));
    received(channel(11, false, 10));
    sending(11, payload(11, false, true, 10));
    sending(11, CancelFrameCodec.encode(HEAP, 11));
    received(channel(13, false, 10));
    received(error(13));
    received(channel(15, true, 10));
    received(CancelFrameCodec.encode(HEAP, 15));

    assertThat(streams.size()).isZero();
    assertThat(streams.unfinished()).isZero();
  }

  @Test
  void whatRSocketDoesNotForgetIsCounted() {
    received(fireAndForget(1, true, 10));
    received(error(1));
    received(response(3, false, 10));
    received(error(3));
    received(channel(5, false, 10));
    sending(5, CancelFrameCodec.encode(HEAP, 5));
    received(payload(5, true, false, 10));

    assertThat(streams.size()).isEqualTo(3);
    assertThat(streams.unfinished()).isGreaterThan(2 * 256);
  }

  @Test
  void whatThisSideHasOpenedEndsWithItsAnswer() {
    sending(2, fireAndForget(2, false, 10));
    sending(4, response(4, false, 10));
    received(payload(4, true, false, 10));
    received(payload(4, false, false, 10));
    sending(6, stream(6, false, 10));
    received(payload(6, false, false, 10));
    received(payload(6, false, true, 10));
    sending(8, channel(8, false, 10));
    sending(8, payload(8, false, true, 10));
    received(error(8));
    sending(10, stream(10, false, 10));
    received(payload(10, true, false, 10));
    sending(10, CancelFrameCodec.encode(HEAP, 10));

    assertThat(streams.size()).isZero();
    assertThat(streams.unfinished()).isZero();
  }
}
