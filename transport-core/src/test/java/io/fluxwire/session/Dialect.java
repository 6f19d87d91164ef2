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
  UPGRADED;

  UpgradePolicy policy() {
    return this == VERSION_3
        ? UpgradePolicy.off()
        : UpgradePolicy.required().postQuantum(Mode.REQUIRED);
  }

  /** Spaced out where many packets would share a record, so that each is one to be attacked. */
  <T> Flux<T> inTheirOwnWrites(Flux<T> packets, Scheduler time) {
    return this == VERSION_3 ? packets : packets.delayElements(Duration.ofMillis(1), time);
  }
}
