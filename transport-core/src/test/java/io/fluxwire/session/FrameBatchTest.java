package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameBatchTest {

  private static final int SMALL = 120;
  private static final int LARGE = 20_000;

  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
  private final FrameBatch batch = new FrameBatch(allocator);
  private final ByteBuf expected = Unpooled.buffer();
  private final List<ByteBuf> frames = new ArrayList<>();

  @AfterEach
  void allIsReleased() {
    assertThat(frames).allMatch(frame -> frame.refCnt() == 0);
    assertThat(allocator.metric().usedDirectMemory()).isZero();
    assertThat(allocator.metric().usedHeapMemory()).isZero();
  }

  private void add(int size) {
    ByteBuf frame = allocator.ioBuffer(size, size);
    for (int i = 0; i < size; i++) {
      frame.writeByte(frames.size() + i);
    }
    expected.writeBytes(frame, 0, size);
    frames.add(frame);
    batch.add(frame);
  }

  private void takenInOrder() {
    ByteBuf all = batch.take();
    assertThat(ByteBufUtil.equals(all, expected)).isTrue();
    assertThat(batch.isEmpty()).isTrue();
    all.release();
    expected.clear();
  }

  @Test
  void keepsTheOrderOfSmallAndLargeFrames() {
    for (int size : new int[] {SMALL, SMALL, LARGE, SMALL, LARGE, LARGE, SMALL, SMALL, LARGE}) {
      add(size);
    }
    takenInOrder();
    add(LARGE);
    add(SMALL);
    takenInOrder();
  }

  @ParameterizedTest
  @ValueSource(ints = {SMALL, LARGE, 2 * FrameBatch.CAPACITY})
  void aSingleFrameGoesAsItIs(int size) {
    add(size);
    ByteBuf all = batch.take();
    assertThat(all).isSameAs(frames.get(0));
    all.release();
  }

  @Test
  void smallFramesShareOneBuffer() {
    for (int i = 0; i < 100; i++) {
      add(SMALL);
    }
    assertThat(frames).allMatch(frame -> frame.refCnt() == 0);
    ByteBuf all = batch.take();
    assertThat(all.nioBufferCount()).isEqualTo(1);
    all.release();
  }

  @Test
  void isFullAtItsCapacityButTakesAnySingleFrame() {
    assertThat(batch.hasRoomFor(Unpooled.wrappedBuffer(new byte[2 * FrameBatch.CAPACITY])))
        .isTrue();
    add(FrameBatch.CAPACITY - SMALL);
    assertThat(batch.hasRoomFor(Unpooled.wrappedBuffer(new byte[SMALL]))).isTrue();
    assertThat(batch.hasRoomFor(Unpooled.wrappedBuffer(new byte[SMALL + 1]))).isFalse();
    batch.release();
  }

  @Test
  void releasesWhatNobodyTook() {
    add(SMALL);
    add(SMALL);
    add(LARGE);
    batch.release();
    assertThat(batch.isEmpty()).isTrue();
  }
}
