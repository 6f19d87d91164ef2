package io.fluxwire.handshake;

import io.fluxwire.benchmarks.stress.Counter;
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
import reactor.core.publisher.Flux;

/** The rest of a cut stream gets its subscriber while the stream ends. */
public final class MonoCutStress {

  private static final byte[] HEAD = {1};

  private MonoCutStress() {}

  /** A stream whose head has come. */
  public abstract static class HeadCame {

    final ManualSource<ByteBuf> source = new ManualSource<>();
    final Counter<ByteBuf> counter = new Counter<>(1);
    Flux<ByteBuf> rest;

    HeadCame() {
      MonoCut.afterFirst(source).subscribe(cut -> rest = cut.rest());
      source.next(Unpooled.wrappedBuffer(HEAD));
    }

    void count(II_Result r) {
      r.r1 = counter.ends();
      r.r2 = counter.overlaps();
    }
  }

  /** An orderly end is told once, however late the subscriber. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "one end")
  @Outcome(expect = Expect.FORBIDDEN, desc = "none, or two")
  @State
  public static class SubscribeAndComplete extends HeadCame {

    @Actor
    public void subscribe() {
      rest.subscribe(counter);
    }

    @Actor
    public void complete() {
      source.complete();
    }

    @Arbiter
    public void ends(II_Result r) {
      count(r);
    }
  }

  /** So is an error. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "one end")
  @Outcome(expect = Expect.FORBIDDEN, desc = "none, or two")
  @State
  public static class SubscribeAndFail extends HeadCame {

    @Actor
    public void subscribe() {
      rest.subscribe(counter);
    }

    @Actor
    public void fail() {
      source.fail(new IllegalStateException("broken"));
    }

    @Arbiter
    public void ends(II_Result r) {
      count(r);
    }
  }

  /** After a cancel there is one at most. */
  @JCStressTest
  @Outcome(id = "[01], 0", expect = Expect.ACCEPTABLE, desc = "one end or none")
  @Outcome(expect = Expect.FORBIDDEN, desc = "two")
  @State
  public static class CancelAndComplete extends HeadCame {

    public CancelAndComplete() {
      rest.subscribe(counter);
    }

    @Actor
    public void cancel() {
      counter.cancel();
    }

    @Actor
    public void complete() {
      source.complete();
    }

    @Arbiter
    public void ends(II_Result r) {
      count(r);
    }
  }
}
