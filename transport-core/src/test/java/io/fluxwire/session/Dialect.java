package io.fluxwire.session;

import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.handshake.UpgradePolicy.Mode;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/** What both sides of a test speak once they have authenticated. */
enum Dialect {
  VERSION_3,
  /** With all there is: sealed records, and post-quantum secrecy. */
  UPGRADED,
  BOLT_8;

  /** What an upgrade has to have in tests. */
  static UpgradePolicy upgraded() {
    return UpgradePolicy.required().postQuantum(Mode.REQUIRED);
  }

  /** A side that speaks it. One that dials by BOLT 8 has to expect somebody besides. */
  <P> SessionSpec<P> spokenBy(SessionSpec<P> side) {
    return switch (this) {
      case VERSION_3 -> side.upgrade(UpgradePolicy.off());
      case UPGRADED -> side.upgrade(upgraded());
      case BOLT_8 -> side.dialects(io.fluxwire.handshake.Dialect.BOLT8);
    };
  }

  /** Spaced out where many packets would share a record, so that each is one to be attacked. */
  <T> Flux<T> inTheirOwnWrites(Flux<T> packets, Scheduler time) {
    return this == VERSION_3 ? packets : packets.delayElements(Duration.ofMillis(1), time);
  }
}
