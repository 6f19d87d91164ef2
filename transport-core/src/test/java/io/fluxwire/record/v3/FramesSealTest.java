package io.fluxwire.record.v3;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.DirectionKeys;
import io.fluxwire.testing.BufferRecorder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.lang.reflect.Proxy;
import java.util.HexFormat;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.publisher.TestPublisher;

class FramesSealTest {

  private static final int MIB = 1 << 20;

  private final UnpooledByteBufAllocator allocator = Framing.allocator();
  private final BufferRecorder frames = BufferRecorder.owning();

  @AfterEach
  void everythingIsReleased() {
    assertThat(allocator.metric().usedHeapMemory()).isZero();
    assertThat(allocator.metric().usedDirectMemory()).isZero();
  }

  @Test
  void emptyPayloadIsRefused() {
    assertThat(refused(heap(0))).isEqualTo(Reason.PAYLOAD_TOO_SHORT);
  }

  @Test
  void payloadOverOneMebibyteIsRefused() {
    assertThat(refused(heap(MIB + 1))).isEqualTo(Reason.PACKET_UNSENDABLE);
  }

  @Test
  void payloadOfOneMebibyteIsSealed() {
    seal(Framing.keys(), Flux.just(heap(MIB)));
    assertThat(frames.received()).hasSize(1);
    assertThat(frames.received().get(0)).hasSize(40 + MIB);
  }

  @Test
  void payloadOfOneByteIsSealed() {
    seal(Framing.keys(), Flux.just(heap(1)));
    assertThat(frames.received().get(0)).hasSize(56);
  }

  @Test
  void wholeBlocksAreNotPadded() {
    seal(Framing.keys(), Flux.just(heap(32)));
    assertThat(frames.received().get(0)).hasSize(72);
  }

  @Test
  void heapDirectAndCompositePayloadsGiveTheSameFrame() {
    String expected = frameOf(heap(100));
    ByteBuf direct = allocator.directBuffer(100).writeBytes(Framing.payload(100, 100));
    CompositeByteBuf composite =
        allocator
            .compositeBuffer()
            .addComponent(true, allocator.buffer().writeBytes(Framing.payload(100, 100), 0, 33))
            .addComponent(true, allocator.buffer().writeBytes(Framing.payload(100, 100), 33, 67));
    ByteBuf slice =
        allocator.buffer().writeLong(0).writeBytes(Framing.payload(100, 100)).writeLong(0);
    assertThat(frameOf(direct)).isEqualTo(expected);
    assertThat(frameOf(composite)).isEqualTo(expected);
    assertThat(frameOf(slice.skipBytes(8).writerIndex(108))).isEqualTo(expected);
  }

  @Test
  void secondSubscriptionIsRefused() {
    DirectionKeys keys = Framing.keys();
    seal(keys, Flux.just(heap(16)));
    BufferRecorder second = BufferRecorder.owning();
    Flux.<ByteBuf>empty().transform(Frames.seal(keys, allocator)).subscribe(second);
    assertThat(second.error()).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void errorOfTheSourceIsPassedOn() {
    IllegalArgumentException broken = new IllegalArgumentException("broken");
    seal(Framing.keys(), Flux.error(broken));
    assertThat(frames.error()).isSameAs(broken);
  }

  @Test
  void demandIsPassedOnAsItIs() {
    TestPublisher<ByteBuf> source = TestPublisher.create();
    source.flux().transform(Frames.seal(Framing.keys(), allocator)).subscribe(frames);
    source.assertMinRequested(0);
    frames.request(3);
    source.assertMinRequested(3).assertMaxRequested(3);
    frames.cancel();
    source.assertCancelled();
  }

  @Test
  void cancelWhileAFrameIsSealedNeverYieldsOneUnderWipedKeys() {
    String sealed = frameOf(heap(64));
    BufferRecorder cancelled = BufferRecorder.owning();
    ByteBufAllocator cancelling =
        (ByteBufAllocator)
            Proxy.newProxyInstance(
                ByteBufAllocator.class.getClassLoader(),
                new Class<?>[] {ByteBufAllocator.class},
                (proxy, method, arguments) -> {
                  cancelled.cancel();
                  return method.invoke(allocator, arguments);
                });
    TestPublisher<ByteBuf> source = TestPublisher.create();
    source.flux().transform(Frames.seal(Framing.keys(), cancelling)).subscribe(cancelled);
    cancelled.requestUnbounded();
    source.next(heap(64));
    assertThat(cancelled.received().stream().map(HexFormat.of()::formatHex)).isSubsetOf(sealed);
  }

  @Test
  void payloadThatComesAfterACancelIsReleasedAndNotSealed() {
    TestPublisher<ByteBuf> source =
        TestPublisher.createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);
    source.flux().transform(Frames.seal(Framing.keys(), allocator)).subscribe(frames);
    frames.requestUnbounded();
    frames.cancel();
    source.next(heap(64));
    assertThat(frames.received()).isEmpty();
  }

  @Test
  void endlessSourceThatIsPolledEndsWithACancel() {
    Flux.<ByteBuf>generate(sink -> sink.next(heap(16)))
        .transform(Frames.seal(Framing.keys(), allocator))
        .take(3)
        .subscribe(frames);
    frames.requestUnbounded();
    assertThat(frames.received()).hasSize(3);
    assertThat(frames.isCompleted()).isTrue();
  }

  private ByteBuf heap(int size) {
    return allocator.heapBuffer(size, size).writeBytes(Framing.payload(size, size));
  }

  private String frameOf(ByteBuf payload) {
    BufferRecorder one = BufferRecorder.owning();
    Flux.just(payload).transform(Frames.seal(Framing.keys(), allocator)).subscribe(one);
    one.requestUnbounded();
    return HexFormat.of().formatHex(one.received().get(0));
  }

  private void seal(DirectionKeys keys, Flux<ByteBuf> payloads) {
    payloads.transform(Frames.seal(keys, allocator)).subscribe(frames);
    frames.requestUnbounded();
  }

  private Reason refused(ByteBuf payload) {
    seal(Framing.keys(), Flux.just(payload));
    assertThat(frames.received()).isEqualTo(List.of());
    return assertThat(frames.error())
        .asInstanceOf(InstanceOfAssertFactories.type(PacketException.class))
        .actual()
        .reason();
  }
}
