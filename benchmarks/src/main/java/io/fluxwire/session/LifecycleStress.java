package io.fluxwire.session;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIL_Result;

/** Ends of a session that come from two threads. */
public final class LifecycleStress {

  private LifecycleStress() {}

  /** A session that is open, and counts what it is told to do. */
  public abstract static class Ending implements SessionLifecycle.Actions {

    final SessionLifecycle lifecycle = new SessionLifecycle(this);
    private final AtomicInteger drains = new AtomicInteger();
    private final AtomicInteger aborts = new AtomicInteger();
    private final AtomicInteger releases = new AtomicInteger();

    static PeerException fault() {
      return new ConnectionClosedException(Reason.APPLICATION_ERROR, "a fault");
    }

    @Override
    public void drain(PeerException cause) {
      drains.incrementAndGet();
    }

    @Override
    public void drainWhenIdle(PeerException cause) {
      drains.incrementAndGet();
    }

    @Override
    public void drainAndTell(PeerException cause) {
      drains.incrementAndGet();
    }

    @Override
    public void faultSeen(PeerException fault) {
      // Its end counts.
    }

    @Override
    public void fail(PeerException fault) {
      aborts.incrementAndGet();
    }

    @Override
    public void abort(PeerException cause) {
      aborts.incrementAndGet();
    }

    @Override
    public void release(PeerException cause) {
      releases.incrementAndGet();
    }

    /** Drains, and ten for each that was aborted or failed; releases; where it is, and why. */
    void count(IIL_Result r) {
      r.r1 = drains.get() + 10 * aborts.get();
      r.r2 = releases.get();
      r.r3 = lifecycle.state() + " " + lifecycle.reason().reason();
    }
  }

  /** A fault while this side closes: it is the reason, whichever comes first. */
  @JCStressTest
  @Outcome(
      id = "11, 0, ABORTING APPLICATION_ERROR",
      expect = Expect.ACCEPTABLE,
      desc = "closed, then aborted")
  @Outcome(
      id = "10, 0, FAILING APPLICATION_ERROR",
      expect = Expect.ACCEPTABLE,
      desc = "failed, and the close came too late")
  @Outcome(expect = Expect.FORBIDDEN, desc = "another end")
  @State
  public static class CloseAndFault extends Ending {

    @Actor
    public void close() {
      lifecycle.close();
    }

    @Actor
    public void fails() {
      lifecycle.fail(Ending.fault());
    }

    @Arbiter
    public void result(IIL_Result r) {
      count(r);
    }
  }

  /** The connection goes while a fault is seen: released once, with one reason. */
  @JCStressTest
  @Outcome(
      id = "10, 1, CLOSED APPLICATION_ERROR",
      expect = Expect.ACCEPTABLE,
      desc = "the fault first")
  @Outcome(
      id = "0, 1, CLOSED CONNECTION_LOST",
      expect = Expect.ACCEPTABLE,
      desc = "the connection first")
  @Outcome(expect = Expect.FORBIDDEN, desc = "another end")
  @State
  public static class FaultAndGone extends Ending {

    @Actor
    public void fails() {
      lifecycle.fail(Ending.fault());
    }

    @Actor
    public void gone() {
      lifecycle.gone();
    }

    @Arbiter
    public void result(IIL_Result r) {
      count(r);
    }
  }

  /** Both sides end in good order at once. */
  @JCStressTest
  @Outcome(
      id = "1, 0, DRAINING CLOSED_LOCALLY",
      expect = Expect.ACCEPTABLE,
      desc = "this side first")
  @Outcome(
      id = "1, 0, ANSWERING CLOSED_BY_PEER",
      expect = Expect.ACCEPTABLE,
      desc = "the peer first")
  @Outcome(expect = Expect.FORBIDDEN, desc = "drained twice or never")
  @State
  public static class CloseAndPeersEnd extends Ending {

    @Actor
    public void close() {
      lifecycle.close();
    }

    @Actor
    public void peerEnds() {
      lifecycle.peerEnded(Reason.CLOSED_BY_PEER);
      lifecycle.peerEndHeard();
    }

    @Arbiter
    public void result(IIL_Result r) {
      count(r);
    }
  }
}
