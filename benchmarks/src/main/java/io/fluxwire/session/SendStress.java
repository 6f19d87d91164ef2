package io.fluxwire.session;

import io.fluxwire.Reason;
import io.fluxwire.benchmarks.stress.Counter;
import io.fluxwire.benchmarks.stress.ManualScheduler;
import io.fluxwire.benchmarks.stress.ManualSource;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;

/** A send whose source has another thread than the event loop that it ends on. */
public final class SendStress {

  private static final ByteBuf UNFIT = Unpooled.EMPTY_BUFFER;

  private SendStress() {}

  /** One send of packets that are counted, and the loop that takes them. */
  public abstract static class Sending implements CoreSubscriber<Outgoing> {

    final ManualScheduler loop = new ManualScheduler();
    final SendQueue queue = new SendQueue(loop);
    final ManualSource<ByteBuf> source = new ManualSource<>();
    final Counter<Void> send = new Counter<>(1);
    final ByteBuf packet = Unpooled.buffer(16);
    private final long demand;
    int taken;

    Sending(long demand) {
      this.demand = demand;
      queue.subscribe(this);
      queue.<ByteBuf>send(source, Sending::encoded).subscribe(send);
      loop.runAll();
    }

    private static ByteBuf encoded(ByteBuf packet) {
      if (packet == UNFIT) {
        throw new IllegalArgumentException("unfit");
      }
      return packet;
    }

    @Override
    public void onSubscribe(Subscription s) {
      s.request(demand);
    }

    @Override
    public void onNext(Outgoing next) {
      taken++;
      next.payload().release();
      next.owner().written(1);
    }

    @Override
    public void onError(Throwable error) {
      // The send is told as well.
    }

    @Override
    public void onComplete() {
      // So it is here.
    }

    /** What the loop makes of it in the end. */
    void settle(II_Result r) {
      loop.runAll();
      r.r1 = packet.refCnt();
      r.r2 = send.ends();
    }
  }

  /** Cancelled while a packet comes: it is released, whoever comes first. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "released")
  @Outcome(expect = Expect.FORBIDDEN, desc = "kept, released twice, or told after a cancel")
  @State
  public static class CancelAndNext extends Sending {

    public CancelAndNext() {
      super(0);
    }

    @Actor
    public void next() {
      source.next(packet);
    }

    @Actor
    public void cancel() {
      send.cancel();
      loop.runAll();
    }

    @Arbiter
    public void count(II_Result r) {
      settle(r);
    }
  }

  /** The connection breaks while a packet comes: it is released, and the send errors once. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "released, one end")
  @Outcome(expect = Expect.FORBIDDEN, desc = "kept, or not one end")
  @State
  public static class AbortAndNext extends Sending {

    public AbortAndNext() {
      super(0);
    }

    @Actor
    public void next() {
      source.next(packet);
      source.complete();
    }

    @Actor
    public void abort() {
      queue.end(new SendEnd.Abort(SendQueue.closed(Reason.CLOSED_LOCALLY)));
      loop.runAll();
    }

    @Arbiter
    public void count(II_Result r) {
      settle(r);
    }
  }

  /** Closed in good order while a packet comes: it goes out or is released; one end. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "gone, one end")
  @Outcome(expect = Expect.FORBIDDEN, desc = "kept, or not one end")
  @State
  public static class FinishAndNext extends Sending {

    public FinishAndNext() {
      super(Long.MAX_VALUE);
    }

    @Actor
    public void next() {
      source.next(packet);
      source.complete();
    }

    @Actor
    public void finish() {
      queue.end(new SendEnd.Drain(SendQueue.closed(Reason.CLOSED_LOCALLY)));
      loop.runAll();
    }

    @Arbiter
    public void count(II_Result r) {
      settle(r);
    }
  }

  /** The last packet is written, on the loop, while the source completes: one end. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "done, one end")
  @Outcome(expect = Expect.FORBIDDEN, desc = "kept, or not one end")
  @State
  public static class WrittenAndComplete implements CoreSubscriber<Outgoing> {

    private final ManualScheduler loop = new ManualScheduler();
    private final SendQueue queue = new SendQueue(loop);
    private final ManualSource<ByteBuf> source = new ManualSource<>();
    private final Counter<Void> send = new Counter<>(1);
    private final ByteBuf packet = Unpooled.buffer(16);
    private PendingSend<?> owner;

    public WrittenAndComplete() {
      queue.subscribe(this);
      queue.<ByteBuf>send(source, packet -> packet).subscribe(send);
      source.next(packet);
      loop.runAll();
    }

    @Override
    public void onSubscribe(Subscription s) {
      s.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(Outgoing next) {
      next.payload().release();
      owner = next.owner();
    }

    @Override
    public void onError(Throwable error) {
      // There is none.
    }

    @Override
    public void onComplete() {
      // The queue goes on.
    }

    @Actor
    public void written() {
      owner.written(1);
      loop.runAll();
    }

    @Actor
    public void complete() {
      source.complete();
    }

    @Arbiter
    public void count(II_Result r) {
      loop.runAll();
      r.r1 = packet.refCnt();
      r.r2 = send.ends();
    }
  }

  /** The connection breaks while an end is asked for that says why: its payload is released. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "released, one end")
  @Outcome(expect = Expect.FORBIDDEN, desc = "kept, or not one end")
  @State
  public static class AbortAndReplace extends Sending {

    private final ByteBuf words = Unpooled.buffer(16);

    public AbortAndReplace() {
      super(0);
    }

    @Actor
    public void replace() {
      queue.end(new SendEnd.Replace(words, SendQueue.closed(Reason.CLOSED_LOCALLY)));
    }

    @Actor
    public void abort() {
      queue.end(new SendEnd.Abort(SendQueue.closed(Reason.CLOSED_LOCALLY)));
      loop.runAll();
    }

    @Arbiter
    public void count(II_Result r) {
      packet.release();
      settle(r);
      r.r1 += words.refCnt();
    }
  }

  /** A packet cannot be encoded while the one after it comes: that one does not go out. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "released, not sent")
  @Outcome(expect = Expect.FORBIDDEN, desc = "kept, or sent after one that is missing")
  @State
  public static class EncodeFailureAndNext extends Sending {

    public EncodeFailureAndNext() {
      super(Long.MAX_VALUE);
      source.next(UNFIT);
    }

    @Actor
    public void next() {
      source.next(packet);
    }

    @Actor
    public void fail() {
      loop.runAll();
    }

    @Arbiter
    public void count(II_Result r) {
      settle(r);
      r.r2 = taken;
    }
  }

  /** The connection breaks while the source subscribes: it is cancelled all the same. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "cancelled, one end")
  @Outcome(expect = Expect.FORBIDDEN, desc = "left alone, or not one end")
  @State
  public static class AbortAndSubscribe {

    private final ManualScheduler loop = new ManualScheduler();
    private final SendQueue queue = new SendQueue(loop);
    private final ManualSource<ByteBuf> source = new ManualSource<>();
    private final Counter<Void> send = new Counter<>(1);
    private Subscriber<? super ByteBuf> subscriber;

    public AbortAndSubscribe() {
      Publisher<ByteBuf> late = actual -> subscriber = actual;
      queue.<ByteBuf>send(late, packet -> packet).subscribe(send);
      loop.runAll();
    }

    @Actor
    public void subscribe() {
      subscriber.onSubscribe(source);
    }

    @Actor
    public void abort() {
      queue.end(new SendEnd.Abort(SendQueue.closed(Reason.CLOSED_LOCALLY)));
      loop.runAll();
    }

    @Arbiter
    public void count(II_Result r) {
      loop.runAll();
      r.r1 = source.isCancelled() ? 0 : 1;
      r.r2 = send.ends();
    }
  }
}
