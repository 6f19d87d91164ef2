package io.fluxwire.session;

import io.fluxwire.crypto.Aead;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.handshake.UpgradePolicy.Mode;
import io.fluxwire.record.Padding;
import io.fluxwire.session.SimulatedWire.Fault;
import io.fluxwire.session.SimulatedWire.Place;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/**
 * What two simulated nodes speak, and what is between them.
 *
 * @param largest the size of the largest packets, in bytes
 * @param piece the most bytes that the wire moves at once
 * @param delay the longest that it takes for them, in milliseconds
 */
record SimulatedPlan(
    UpgradePolicy policy, int largest, int piece, int delay, Fault fault, Place place) {

  private static final Duration KEEP_ALIVE = Duration.ofSeconds(30);
  private static final Duration KEEP_ALIVE_TIMEOUT = Duration.ofSeconds(15);

  /** Above the limits of keep-alive, so that those end a session where they hold. */
  private static final Duration IDLE = Duration.ofSeconds(100);

  /** More than one record holds. */
  private static final int LARGE = 200_000;

  /** Enough for a handshake that had begun, and for telling the peer. */
  private static final Duration MARGIN = Duration.ofSeconds(15);

  static SimulatedPlan of(Random random, boolean attacked) {
    UpgradePolicy policy = random.nextInt(3) == 0 ? UpgradePolicy.off() : upgraded(random);
    int largest = random.nextInt(3) == 0 ? LARGE : 2_000;
    boolean crumbs = largest < LARGE && random.nextBoolean();
    int piece = crumbs ? 30 : largest / 4;
    // Crumbs that also were slow would take longer than a handshake and a close may.
    int delay = 1 + random.nextInt(crumbs ? 3 : 20);
    return new SimulatedPlan(
        policy, largest, piece, delay, fault(random, attacked), place(random, largest));
  }

  private static UpgradePolicy upgraded(Random random) {
    Aead best = oneOf(random, List.of(Aead.values()));
    UpgradePolicy policy =
        UpgradePolicy.required()
            .ciphers(best, Aead.AES_128_GCM)
            .postQuantum(random.nextBoolean() ? Mode.REQUIRED : Mode.OFF)
            .rotation(Duration.ofSeconds(1 + random.nextInt(20)));
    if (random.nextBoolean()) {
      policy = policy.padding(Padding.toMultipleOf(2 + random.nextInt(1_000)));
    }
    return random.nextBoolean() ? policy.keepAlive(KEEP_ALIVE, KEEP_ALIVE_TIMEOUT) : policy;
  }

  private static Fault fault(Random random, boolean attacked) {
    return oneOf(
        random,
        attacked
            ? List.of(Fault.FLIP, Fault.DROP, Fault.REPLAY)
            : List.of(Fault.NONE, Fault.RESET, Fault.END, Fault.SILENCE));
  }

  private static <T> T oneOf(Random random, List<T> values) {
    return values.get(random.nextInt(values.size()));
  }

  /** Half of them between two writes, and so between two records. */
  private static Place place(Random random, int largest) {
    boolean forth = random.nextBoolean();
    boolean ofWrites = random.nextBoolean();
    int last = ofWrites ? 8 : random.nextBoolean() ? 3_000 : largest * 2;
    return new Place(forth, ofWrites, 1 + random.nextInt(last));
  }

  boolean isUpgraded() {
    return policy.mode() != Mode.OFF;
  }

  private boolean hasKeepAlive() {
    return !policy.keepAliveInterval().isZero();
  }

  SessionTimeouts timeouts() {
    return hasKeepAlive() ? SessionTimeouts.DEFAULT : SessionTimeouts.DEFAULT.idle(IDLE);
  }

  /** How long a side may take to end once nothing, or something wrong, comes. */
  Duration longestEnd() {
    return (hasKeepAlive() ? KEEP_ALIVE.plus(KEEP_ALIVE_TIMEOUT) : IDLE).plus(MARGIN);
  }
}
