package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** What tests with implementations of others do where these cannot run. */
final class Interop {

  private static final String REQUIRED = "FLUXWIRE_INTEROP";

  private Interop() {}

  /**
   * Skips the tests, saying why; fails them where the environment requires them, as CI's does.
   *
   * @param why what is missing
   */
  static void requireThat(boolean runs, String why) {
    if ("required".equals(System.getenv(REQUIRED))) {
      assertThat(runs).as(why + ", and " + REQUIRED + " is set").isTrue();
    } else {
      assumeTrue(runs, why);
    }
  }
}
