package io.fluxwire.session;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;

/** As {@link HostilePeerFuzzTest}, in a session that is upgraded. */
class HostileUpgradedPeerFuzzTest {

  @FuzzTest
  void payloads(FuzzedDataProvider data) {
    HostilePeerFuzzTest.payloads(Dialect.UPGRADED, data);
  }
}
