package io.fluxwire.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.record.v3.Frames;
import io.fluxwire.record.v3.Framing;
import io.fluxwire.testing.MemoryDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.scheduler.VirtualTimeScheduler;

class OpenFirstTest {

  private static final List<byte[]> PAYLOADS =
      IntStream.range(0, 3).mapToObj(i -> Framing.payload(20 + i, i)).toList();
  private static final byte[] STREAM = Framing.join(Framing.seal(PAYLOADS));

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);

  @Test
  void whoReadsOnGetsAllThatCameBehindThePayloadHoweverItWasCut() {
    for (int at = 0; at <= STREAM.length; at++) {
      MemoryDuplex.Pair duplexes = MemoryDuplex.pair(time, allocator);
      for (byte[] piece : Framing.split(STREAM, at)) {
        duplexes.dialer().write(Unpooled.wrappedBuffer(piece), failure -> {});
      }
      RecordOpener opener = Frames.SUITE.opener(Framing.keys(), allocator);
      MemoryDuplex duplex = duplexes.acceptor();
      List<byte[]> opened = new ArrayList<>();
      Flux<ByteBuf> rest =
          Flux.defer(duplex::receive).transform(Records.open(() -> opener, ReadLimits.NONE));
      Records.openFirst(duplex, opener, ReadLimits.NONE)
          .map(ByteBufUtil::getBytes)
          .doOnNext(opened::add)
          .concatWith(rest.map(ByteBufUtil::getBytes).doOnNext(opened::add))
          .subscribe();
      time.advanceTime();
      assertThat(opened).as("cut at %d", at).containsExactlyElementsOf(PAYLOADS);
      duplexes.dialer().dispose();
      time.advanceTime();
      assertThat(allocator.metric().usedHeapMemory()).isZero();
      assertThat(allocator.metric().usedDirectMemory()).isZero();
    }
  }

  @Test
  void theOpenerStaysTheCallersWhenItIsCancelled() {
    MemoryDuplex.Pair duplexes = MemoryDuplex.pair(time, allocator);
    RecordOpener opener = Frames.SUITE.opener(Framing.keys(), allocator);
    List<byte[]> opened = new ArrayList<>();
    Records.openFirst(duplexes.acceptor(), opener, ReadLimits.NONE).subscribe().dispose();
    time.advanceTime();
    Records.openFirst(duplexes.acceptor(), opener, ReadLimits.NONE)
        .subscribe(payload -> opened.add(ByteBufUtil.getBytes(payload)));
    duplexes.dialer().write(Unpooled.wrappedBuffer(STREAM), failure -> {});
    time.advanceTime();
    assertThat(opened).containsExactly(PAYLOADS.get(0));
    opener.destroy();
    duplexes.dialer().dispose();
    time.advanceTime();
    assertThat(allocator.metric().usedHeapMemory()).isZero();
  }
}
