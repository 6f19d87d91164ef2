package io.fluxwire.session;

import io.fluxwire.record.RecordSuite;

/** All that a session does, it does over any records. */
class SessionOverPlainRecordsTest extends SessionTest {

  @Override
  RecordSuite records() {
    return new PlainRecords();
  }

  @Override
  int recordOf(int payload) {
    return 2 + 3 + payload;
  }
}
