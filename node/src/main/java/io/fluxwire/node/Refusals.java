package io.fluxwire.node;

import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import reactor.core.scheduler.Scheduler;

/**
 * Tells of connections that were refused or broke off before they were up. Anybody who reaches the
 * port decides how many there are (a health check, a scanner, a flood), so only the first of a kind
 * has a line of its own. How many more there were is said after a minute, and the longer it goes
 * on, the more seldom.
 */
final class Refusals {

  static final Duration SHORTEST = Duration.ofMinutes(1);
  static final Duration LONGEST = Duration.ofHours(1);

  private final Consumer<Event> tell;
  private final Scheduler timer;
  private final Map<Reason, Kind> kinds = new EnumMap<>(Reason.class);

  /**
   * Has refused nobody yet.
   *
   * @param tell takes each event
   * @param timer has the pauses
   */
  Refusals(Consumer<Event> tell, Scheduler timer) {
    this.tell = tell;
    this.timer = timer;
  }

  synchronized void refused(SocketAddress address, PeerException failure) {
    Event.Refused event = Event.Refused.of(address, failure);
    Kind kind = kinds.get(failure.reason());
    if (kind != null) {
      kind.more++;
      kind.latest = event;
      return;
    }
    kinds.put(failure.reason(), new Kind(event));
    tell.accept(event);
    sumUpAfter(SHORTEST, failure.reason());
  }

  /** Says at once what has been counted, such as in the end. */
  synchronized void sumUp() {
    kinds.values().forEach(this::sumUp);
  }

  private void sumUpAfter(Duration pause, Reason reason) {
    timer.schedule(() -> pauseEnded(pause, reason), pause.toMillis(), TimeUnit.MILLISECONDS);
  }

  private synchronized void pauseEnded(Duration pause, Reason reason) {
    Kind kind = kinds.get(reason);
    if (kind == null || kind.more == 0) {
      kinds.remove(reason);
      return;
    }
    sumUp(kind);
    Duration longer = pause.multipliedBy(2);
    sumUpAfter(longer.compareTo(LONGEST) > 0 ? LONGEST : longer, reason);
  }

  private void sumUp(Kind kind) {
    if (kind.more > 0) {
      tell.accept(Event.MoreRefused.of(kind.more, kind.latest));
      kind.more = 0;
    }
  }

  private static final class Kind {
    private long more;
    private Event.Refused latest;

    Kind(Event.Refused first) {
      this.latest = first;
    }
  }
}
