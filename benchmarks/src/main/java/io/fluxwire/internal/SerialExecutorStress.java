package io.fluxwire.internal;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** Tasks of two threads run one at a time, and none is lost: what dials and groups rely on. */
@JCStressTest
@Outcome(id = "4", expect = Expect.ACCEPTABLE, desc = "all, one at a time")
@Outcome(expect = Expect.FORBIDDEN, desc = "lost, or two at once")
@State
public class SerialExecutorStress {

  private final SerialExecutor serial = new SerialExecutor();

  /** Not volatile: the order of tasks has to publish it. */
  private int ran;

  @Actor
  public void one() {
    serial.execute(() -> ran++);
    serial.execute(() -> ran++);
  }

  @Actor
  public void other() {
    serial.execute(() -> ran++);
    serial.execute(() -> ran++);
  }

  @Arbiter
  public void count(I_Result r) {
    r.r1 = ran;
  }
}
