package io.fluxwire.fleet;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.concurrent.TimeUnit;
import reactor.core.scheduler.Scheduler;

/** The wall clock of a scheduler, which in tests is not that of the system. */
final class SchedulerClock extends Clock {

  private final Scheduler scheduler;
  private final ZoneId zone;

  SchedulerClock(Scheduler scheduler, ZoneId zone) {
    this.scheduler = scheduler;
    this.zone = zone;
  }

  @Override
  public ZoneId getZone() {
    return zone;
  }

  @Override
  public Clock withZone(ZoneId other) {
    return new SchedulerClock(scheduler, other);
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochMilli(scheduler.now(TimeUnit.MILLISECONDS));
  }
}
