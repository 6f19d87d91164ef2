package io.fluxwire.session;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;

/** As {@link AttackedSessionFuzzTest}, between two nodes that insist on an upgrade. */
class AttackedUpgradeFuzzTest {

  @FuzzTest
  void attack(FuzzedDataProvider data) {
    AttackedSessionFuzzTest.attack(Dialect.UPGRADED, data);
  }
}
