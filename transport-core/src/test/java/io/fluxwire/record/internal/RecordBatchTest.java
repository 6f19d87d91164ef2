package io.fluxwire.record.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class RecordBatchTest {

  private static final int SMALL = 120;
  private static final int LARGE = 20_000;

  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
  private final RecordBatch batch = new RecordBatch(allocator);
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
  @ValueSource(ints = {SMALL, LARGE, 2 * RecordBatch.CAPACITY})
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

  private boolean hasRoomFor(int size) {
    return batch.hasRoomFor(size);
  }

  @Test
  void anySingleFrameFits() {
    assertThat(hasRoomFor(2 * RecordBatch.ENOUGH)).isTrue();
  }

  @Test
  void copiesUpToItsCapacity() {
    add(RecordBatch.CAPACITY - SMALL);
    assertThat(hasRoomFor(SMALL)).isTrue();
    assertThat(hasRoomFor(SMALL + 1)).isFalse();
    add(SMALL);
    takenInOrder();
  }

  @Test
  void largeFramesAreAddedUntilThereIsEnough() {
    add(RecordBatch.ENOUGH - 1);
    assertThat(hasRoomFor(LARGE)).isTrue();
    add(LARGE);
    assertThat(hasRoomFor(LARGE)).isFalse();
    takenInOrder();
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
