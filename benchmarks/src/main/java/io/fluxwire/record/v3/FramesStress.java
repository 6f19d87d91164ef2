package io.fluxwire.record.v3;

import io.fluxwire.benchmarks.stress.Counter;
import io.fluxwire.benchmarks.stress.ManualSource;
import io.fluxwire.crypto.DirectionKeys;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;

/** {@code open} and {@code seal} while requests and cancels come from another thread. */
public final class FramesStress {

  private static final byte[] PAYLOAD = new byte[16];
  private static final List<byte[]> SEALED = sealed(3);

  private FramesStress() {}

  private static DirectionKeys keys() {
    return DirectionKeys.derive(new byte[32], new byte[33]);
  }

  private static List<byte[]> sealed(int count) {
    return Flux.range(0, count)
        .map(i -> Unpooled.copiedBuffer(PAYLOAD))
        .cast(ByteBuf.class)
        .transform(Frames.seal(keys(), UnpooledByteBufAllocator.DEFAULT))
        .map(
            frame -> {
              byte[] bytes = ByteBufUtil.getBytes(frame);
              frame.release();
              return bytes;
            })
        .collectList()
        .block();
  }

  /** An {@code open} that was asked for some payloads. */
  public abstract static class Opening {

    final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
    final ManualSource<ByteBuf> source = new ManualSource<>();
    final Counter<ByteBuf> payloads;

    Opening(long requested) {
      payloads = new Counter<>(requested);
      source.transform(Frames.open(keys(), allocator)).subscribe(payloads);
    }

    /** All frames in one buffer, lent. */
    void feed() {
      ByteBuf frames = Unpooled.wrappedBuffer(SEALED.toArray(new byte[0][]));
      source.next(frames);
      frames.release();
    }

    int leaked() {
      return (int) allocator.metric().usedHeapMemory();
    }
  }

  /** Nothing is lost between a request and a buffer, and the end comes once. */
  @JCStressTest
  @Outcome(id = "3, 1, 0", expect = Expect.ACCEPTABLE, desc = "all, and one end")
  @Outcome(expect = Expect.FORBIDDEN, desc = "lost, out of turn or leaked")
  @State
  public static class OpenRequestAndNext extends Opening {

    public OpenRequestAndNext() {
      super(1);
    }

    @Actor
    public void request() {
      payloads.request(2);
    }

    @Actor
    public void next() {
      feed();
      source.complete();
    }

    @Arbiter
    public void count(III_Result r) {
      r.r1 = payloads.values();
      r.r2 = payloads.ends();
      r.r3 = payloads.overlaps() + leaked();
    }
  }

  /** Two that ask at once get what they asked for. */
  @JCStressTest
  @Outcome(id = "3, 0, 0", expect = Expect.ACCEPTABLE, desc = "all, one at a time")
  @Outcome(expect = Expect.FORBIDDEN, desc = "lost, out of turn or leaked")
  @State
  public static class OpenRequests extends Opening {

    public OpenRequests() {
      super(1);
      feed();
    }

    @Actor
    public void one() {
      payloads.request(1);
    }

    @Actor
    public void other() {
      payloads.request(1);
    }

    @Arbiter
    public void count(III_Result r) {
      r.r1 = payloads.values();
      r.r2 = payloads.ends();
      payloads.cancel();
      r.r3 = payloads.overlaps() + leaked();
    }
  }

  /** A cancel in the middle of a buffer leaves nothing behind. */
  @JCStressTest
  @Outcome(id = "[0-3], [01], 0", expect = Expect.ACCEPTABLE, desc = "what came before it")
  @Outcome(expect = Expect.FORBIDDEN, desc = "out of turn or leaked")
  @State
  public static class OpenCancelAndNext extends Opening {

    public OpenCancelAndNext() {
      super(3);
    }

    @Actor
    public void cancel() {
      payloads.cancel();
    }

    @Actor
    public void next() {
      feed();
      source.complete();
    }

    @Arbiter
    public void count(III_Result r) {
      r.r1 = payloads.values();
      r.r2 = payloads.ends();
      r.r3 = payloads.overlaps() + leaked();
    }
  }

  /** A cancel wipes the keys, and no frame is ever sealed under wiped ones. */
  @JCStressTest
  @Outcome(id = "0, 0, 0", expect = Expect.ACCEPTABLE, desc = "the right frame or none")
  @Outcome(expect = Expect.FORBIDDEN, desc = "sealed under wiped keys, or leaked")
  @State
  public static class SealCancelAndNext implements CoreSubscriber<ByteBuf> {

    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
    private final ManualSource<ByteBuf> source = new ManualSource<>();
    private final AtomicInteger wrong = new AtomicInteger();
    private final ByteBuf payload = Unpooled.copiedBuffer(PAYLOAD);
    private Subscription sealing;

    public SealCancelAndNext() {
      source.transform(Frames.seal(keys(), allocator)).subscribe(this);
    }

    @Override
    public void onSubscribe(Subscription s) {
      sealing = s;
      s.request(1);
    }

    @Override
    public void onNext(ByteBuf frame) {
      if (!Arrays.equals(ByteBufUtil.getBytes(frame), SEALED.get(0))) {
        wrong.incrementAndGet();
      }
      frame.release();
    }

    @Override
    public void onError(Throwable error) {
      wrong.incrementAndGet();
    }

    @Override
    public void onComplete() {
      // It may, at the place of the frame that came too late.
    }

    @Actor
    public void cancel() {
      sealing.cancel();
    }

    @Actor
    public void next() {
      source.next(payload);
    }

    @Arbiter
    public void count(III_Result r) {
      r.r1 = wrong.get();
      r.r2 = payload.refCnt();
      r.r3 = (int) allocator.metric().usedHeapMemory();
    }
  }
}
