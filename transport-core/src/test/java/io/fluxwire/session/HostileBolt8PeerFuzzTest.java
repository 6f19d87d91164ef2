package io.fluxwire.session;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;

/** As {@link HostilePeerFuzzTest}, in a session of BOLT 8. */
class HostileBolt8PeerFuzzTest {

  @FuzzTest
  void payloads(FuzzedDataProvider data) {
    HostilePeerFuzzTest.payloads(Dialect.BOLT_8, data);
  }
}
