package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Two nodes under virtual time, for one seed after another. {@code -Dfluxwire.simulation.seconds=N}
 * goes on for so long in each test, and {@code -Dfluxwire.simulation.seed=N} begins elsewhere: with
 * the seed of a failure, at that failure.
 */
class SimulatedPairTest {

  private static final long SEED = Long.getLong("fluxwire.simulation.seed", 1);
  private static final long SECONDS = Long.getLong("fluxwire.simulation.seconds", 0);

  /** How many seeds there are at least. */
  private static final int SLICE = 60;

  private static void run(boolean attacked) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    for (long seed = SEED; seed < SEED + SLICE || System.nanoTime() < end; seed++) {
      SimulatedPair pair = new SimulatedPair(seed, attacked);
      try {
        pair.run();
      } catch (AssertionError | RuntimeException failure) {
        throw new AssertionError(
            "-Dfluxwire.simulation.seed=%d: %s".formatted(seed, pair), failure);
      }
    }
  }

  @Test
  void theWireBreaks() {
    run(false);
  }

  @Test
  void somebodyChangesWhatIsOnTheWire() {
    run(true);
  }

  @Test
  void aSeedIsReproducible() {
    for (long seed = 1; seed <= 5; seed++) {
      assertThat(new SimulatedPair(seed, false).run())
          .hasToString(new SimulatedPair(seed, false).run().toString());
    }
  }
}
