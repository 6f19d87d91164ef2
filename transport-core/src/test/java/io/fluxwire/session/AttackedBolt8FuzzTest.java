package io.fluxwire.session;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;

/** As {@link AttackedSessionFuzzTest}, between two nodes that speak BOLT 8. */
class AttackedBolt8FuzzTest {

  @FuzzTest
  void attack(FuzzedDataProvider data) {
    AttackedSessionFuzzTest.attack(Dialect.BOLT_8, data);
  }
}
