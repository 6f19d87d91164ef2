package io.fluxwire.internal;

import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** What the operators that are written by hand, and all serial executors, rely on. */
public final class DrainLoopStress {

  private DrainLoopStress() {}

  /** Steps that throw, by signals of two threads: none is lost, and no two run at once. */
  @JCStressTest
  @Outcome(id = "4, 0", expect = Expect.ACCEPTABLE, desc = "all is seen, by one at a time")
  @Outcome(expect = Expect.FORBIDDEN, desc = "news is lost, or two steps run at once")
  @State
  public static class Signals {

    private final AtomicInteger news = new AtomicInteger();
    private final DrainLoop loop = new DrainLoop(this::step, this::failed);

    /** Not volatile, as what belongs to a loop: the loop has to publish both. */
    private int seen;

    private int unfinished;

    private void failed(Throwable thrown) {
      unfinished--;
    }

    private void step() {
      unfinished++;
      seen += news.getAndSet(0);
      throw new IllegalStateException("of a step");
    }

    private void bring() {
      news.incrementAndGet();
      loop.signal();
    }

    @Actor
    public void one() {
      bring();
      bring();
    }

    @Actor
    public void other() {
      bring();
      bring();
    }

    @Arbiter
    public void count(II_Result r) {
      r.r1 = seen;
      r.r2 = unfinished;
    }
  }

  /** One that changes the step's state when the loop does not run, and one that signals. */
  @JCStressTest
  @Outcome(
      id = {"1, 1", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "the signal is seen")
  @Outcome(expect = Expect.FORBIDDEN, desc = "the signal is lost, or two were in at once")
  @State
  public static class Entering {

    private final DrainLoop loop = new DrainLoop(this::step, thrown -> {});
    private volatile boolean news;
    private int owned;
    private int ran;
    private int seen;

    private void step() {
      ran += owned;
      owned = 0;
      if (news) {
        news = false;
        seen++;
      }
    }

    @Actor
    public void enters() {
      if (loop.tryEnter()) {
        owned = 1;
        loop.run();
      }
    }

    @Actor
    public void signals() {
      news = true;
      loop.signal();
    }

    @Arbiter
    public void count(II_Result r) {
      r.r1 = ran;
      r.r2 = seen;
    }
  }
}
