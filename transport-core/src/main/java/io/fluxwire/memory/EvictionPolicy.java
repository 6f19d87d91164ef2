package io.fluxwire.memory;

import java.time.Duration;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Which connection ends so that others get room. Pure: a snapshot in, a victim out.
 *
 * <p>It is the one with the most bytes times nanoseconds, so that neither who holds much for a
 * moment nor who holds little for an hour has to go before who holds much for long.
 */
final class EvictionPolicy {

  private EvictionPolicy() {}

  /**
   * What a connection holds at some moment.
   *
   * @param owner who
   * @param frame bytes of a frame that is arriving
   * @param frameAge for how many nanoseconds
   * @param writes bytes that are written, and not taken by the socket
   * @param writesAge for how many nanoseconds the socket has taken nothing
   * @param ending whether the connection is ending already, so that it is no victim
   * @param <T> what stands for a connection
   */
  record Holding<T>(
      T owner, long frame, long frameAge, long writes, long writesAge, boolean ending) {

    double weight(long atLeast) {
      return ending ? 0 : weight(frame, frameAge, atLeast) + weight(writes, writesAge, atLeast);
    }

    private static double weight(long bytes, long age, long atLeast) {
      // What is held since this very moment counts by its bytes.
      return age >= atLeast ? bytes * (age + 1.0) : 0;
    }
  }

  /**
   * Chooses a victim.
   *
   * @param holdings what there is
   * @param atLeast what is held for less does not count
   * @param <T> what stands for a connection
   * @return the owner of the most; the first one of several; null if nobody holds anything for so
   *     long
   */
  static <T> @Nullable T victim(Collection<Holding<T>> holdings, Duration atLeast) {
    T victim = null;
    double most = 0;
    for (Holding<T> holding : holdings) {
      double weight = holding.weight(atLeast.toNanos());
      if (weight > most) {
        victim = holding.owner();
        most = weight;
      }
    }
    return victim;
  }
}
