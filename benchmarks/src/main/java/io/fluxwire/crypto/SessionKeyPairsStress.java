package io.fluxwire.crypto;

import io.fluxwire.benchmarks.stress.ManualScheduler;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Two sessions never get one key pair, and what they took is made anew. */
@JCStressTest
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "two pairs, and more ahead")
@Outcome(expect = Expect.FORBIDDEN, desc = "one pair twice, none, or no more ahead")
@State
public class SessionKeyPairsStress {

  private final ManualScheduler scheduler = new ManualScheduler();
  private final Secp256k1 curve = new FastCurve();
  private final SessionKeyPairs pairs = new SessionKeyPairs(() -> curve, scheduler);
  private final AtomicReference<SessionKeyPair> first = new AtomicReference<>();
  private final AtomicReference<SessionKeyPair> second = new AtomicReference<>();

  /** As many are left as makes the next one to take ask for more. */
  public SessionKeyPairsStress() {
    pairs.next().subscribe();
    scheduler.runAll();
    for (int left = SessionKeyPairs.AHEAD; left > SessionKeyPairs.AHEAD / 2 + 1; left--) {
      pairs.next().subscribe();
    }
  }

  @Actor
  public void one() {
    pairs.next().subscribe(first::set);
  }

  @Actor
  public void other() {
    pairs.next().subscribe(second::set);
    scheduler.runAll();
  }

  @Arbiter
  public void compare(II_Result r) {
    scheduler.runAll();
    SessionKeyPair one = first.get();
    SessionKeyPair other = second.get();
    r.r1 = one != null && other != null && one != other ? 1 : 0;
    AtomicReference<SessionKeyPair> next = new AtomicReference<>();
    int ahead = 0;
    do {
      next.set(null);
      pairs.next().subscribe(next::set);
      ahead += next.get() == null ? 0 : 1;
    } while (next.get() != null && ahead <= SessionKeyPairs.AHEAD / 2);
    r.r2 = ahead > SessionKeyPairs.AHEAD / 2 ? 1 : 0;
  }

  /** No curve: the threads should meet in the queue, not spend their time on points. */
  private static final class FastCurve implements Secp256k1 {

    @Override
    public String name() {
      return "fast";
    }

    @Override
    public boolean isSecret(byte[] secret) {
      return true;
    }

    @Override
    public boolean isPublicKey(byte[] publicKey) {
      return true;
    }

    @Override
    public byte[] publicKey(byte[] secret) {
      return Arrays.copyOf(secret, SessionKeyPair.PUBLIC_KEY_SIZE);
    }

    @Override
    public byte[] sharedSecret(byte[] secret, byte[] publicKey) {
      throw new UnsupportedOperationException();
    }

    @Override
    public byte[] sign(byte[] secret, byte[] hash) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean verify(byte[] signature, byte[] hash, byte[] publicKey) {
      throw new UnsupportedOperationException();
    }
  }
}
