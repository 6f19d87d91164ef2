package io.fluxwire.rsocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.rsocket.RSocket;
import io.rsocket.SocketAcceptor;
import io.rsocket.frame.PayloadFrameCodec;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;

@Timeout(60)
class FrameReaderTest {

  private static final ByteBufAllocator HEAP = UnpooledByteBufAllocator.DEFAULT;

  private static final FrameWriter.Events NONE =
      new FrameWriter.Events() {
        @Override
        public void written() {}

        @Override
        public void finished() {}

        @Override
        public void failed(PeerException fault) {}
      };

  private static ByteBuf fragment(int id, int size) {
    return PayloadFrameCodec.encode(
        HEAP, id, true, false, true, null, Unpooled.wrappedBuffer(new byte[size]));
  }

  /** Keeps the frames of a packet as RSocket does. */
  private static List<ByteBuf> kept(ByteBuf packet) {
    List<ByteBuf> frames = new ArrayList<>();
    try (Peers peers = new Peers(SocketAcceptor.with(new RSocket() {}))) {
      FrameWriter writer = new FrameWriter(peers.bare(), HEAP, 1024, NONE);
      Flux<ByteBuf> packets = Flux.just(packet).doAfterTerminate(packet::release);
      new FrameReader(
              packets,
              HEAP,
              new StreamCredits(1024),
              writer,
              PeerStreams.Side.SERVER,
              frame -> true,
              thrown -> {})
          .subscribe(frame -> frames.add(frame.retain()), thrown -> {});
    }
    return frames;
  }

  @Test
  void aSmallFragmentDoesNotKeepItsPacket() {
    ByteBuf packet = PackedFrames.pack(List.of(fragment(1, 100), fragment(3, 300)), HEAP);
    List<ByteBuf> frames = kept(packet);
    frames.get(1).release();

    assertThat(packet.refCnt()).isZero();
    assertThat(frames.get(0).readableBytes()).isEqualTo(106);
    frames.get(0).release();
  }

  @Test
  void aLargeOneIsNotCopied() {
    ByteBuf packet = PackedFrames.pack(List.of(fragment(1, 100), fragment(3, 300)), HEAP);
    List<ByteBuf> frames = kept(packet);
    frames.get(0).release();

    assertThat(packet.refCnt()).isEqualTo(1);
    frames.get(1).release();
    assertThat(packet.refCnt()).isZero();
  }
}
