package io.fluxwire.node.page;

import io.fluxwire.dial.ConnectionHealthMonitor;
import io.fluxwire.dial.DialEvent;
import io.fluxwire.internal.AddressText;
import io.fluxwire.node.page.Snapshot.Attempt;
import io.fluxwire.node.page.Snapshot.DialledLink;
import io.fluxwire.node.page.Snapshot.Outcome;
import io.fluxwire.node.page.Snapshot.Round;
import java.net.SocketAddress;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The latest rounds of dialing, put together from what happens in them. Thread-safe. */
final class DialLog implements Consumer<DialEvent> {

  static final int ROUNDS = 12;
  static final int ATTEMPTS = 32;
  private static final int NAMES = 1000;

  private final LongSupplier clock;
  private final Deque<Dialling> rounds = new ArrayDeque<>();
  private final Map<String, ConnectionHealthMonitor> links = new LinkedHashMap<>();
  private final Clock calendar;
  private final Set<String> lost = new HashSet<>();
  private long reconnects;

  /**
   * An empty log.
   *
   * @param clock nanoseconds
   * @param calendar says since when a link is up or down
   */
  DialLog(LongSupplier clock, Clock calendar) {
    this.clock = clock;
    this.calendar = calendar;
  }

  @Override
  public synchronized void accept(DialEvent event) {
    String name = event.name();
    link(name).accept(event);
    // A switch over types would need Java 21.
    if (event instanceof DialEvent.AttemptStarted started) {
      Dialling round = running(name);
      if (round.attempts.size() < ATTEMPTS) {
        round.attempts.add(new Try(started.address(), clock.getAsLong()));
      }
    } else if (event instanceof DialEvent.AttemptFailed failed) {
      running(name).end(failed.address(), Outcome.FAILED, failed.cause().getMessage());
    } else if (event instanceof DialEvent.Connected connected) {
      won(running(name), connected);
    } else if (event instanceof DialEvent.RoundFailed failed) {
      Dialling round = running(name);
      round.end(Outcome.FAILED, failed.cause().getMessage());
    } else if (event instanceof DialEvent.ResolutionFailed failed) {
      running(name).detail = failed.cause().getMessage();
    } else if (event instanceof DialEvent.Resolved) {
      running(name);
    } else if (event instanceof DialEvent.Disconnected disconnected) {
      Dialling round = latest(name);
      if (round != null) {
        round.lostAt = clock.getAsLong();
        round.lostReason = disconnected.reason().toString();
      }
      lost.add(name);
    } else if (event instanceof DialEvent.Delayed delayed) {
      Dialling round = latest(name);
      if (round != null) {
        round.nextAt = clock.getAsLong() + delayed.delay().toNanos();
      }
    }
  }

  private void won(Dialling round, DialEvent.Connected connected) {
    round.end(connected.address(), Outcome.WON, null);
    round.end(Outcome.WON, null);
    if (lost.remove(round.name)) {
      reconnects++;
    }
  }

  private ConnectionHealthMonitor link(String name) {
    ConnectionHealthMonitor known = links.remove(name);
    ConnectionHealthMonitor link = known == null ? new ConnectionHealthMonitor(calendar) : known;
    links.put(name, link);
    if (links.size() > NAMES) {
      String eldest = links.keySet().iterator().next();
      links.remove(eldest);
      lost.remove(eldest);
    }
    return link;
  }

  private @Nullable Dialling latest(String name) {
    for (Dialling round : rounds) {
      if (round.name.equals(name)) {
        return round;
      }
    }
    return null;
  }

  private Dialling running(String name) {
    Dialling latest = latest(name);
    if (latest != null && latest.outcome == Outcome.RUNNING) {
      return latest;
    }
    Dialling round = new Dialling(name, clock.getAsLong());
    rounds.addFirst(round);
    if (rounds.size() > ROUNDS) {
      rounds.removeLast();
    }
    return round;
  }

  /** The latest rounds, the latest first. */
  synchronized List<Round> rounds() {
    return rounds.stream().map(Dialling::toRound).toList();
  }

  /** What was dialled so far, and what became of it. */
  synchronized List<DialledLink> links() {
    return links.entrySet().stream()
        .map(link -> DialledLink.of(link.getKey(), link.getValue().health()))
        .toList();
  }

  /** How often a name was connected again. */
  synchronized long reconnects() {
    return reconnects;
  }

  /** To the microsecond: an attempt over loopback takes less than a millisecond. */
  private static double fine(long nanos) {
    long micros = nanos / 1000;
    return micros / 1e3;
  }

  private static @Nullable Double fineOrNull(@Nullable Long nanos) {
    return nanos == null ? null : (Double) fine(nanos);
  }

  private final class Dialling {
    private final String name;
    private final long at;
    private final List<Try> attempts = new ArrayList<>();
    private Outcome outcome = Outcome.RUNNING;
    private @Nullable String detail;
    private @Nullable Long end;
    private @Nullable Long lostAt;
    private @Nullable String lostReason;
    private @Nullable Long nextAt;

    Dialling(String name, long at) {
      this.name = name;
      this.at = at;
    }

    @Nullable Try find(SocketAddress address) {
      for (Try attempt : attempts) {
        if (attempt.outcome == Outcome.RUNNING && attempt.address.equals(address)) {
          return attempt;
        }
      }
      return null;
    }

    void end(SocketAddress address, Outcome how, @Nullable String why) {
      Try attempt = find(address);
      if (attempt != null) {
        attempt.end(how, why, clock.getAsLong());
      }
    }

    void end(Outcome how, @Nullable String why) {
      long now = clock.getAsLong();
      outcome = how;
      detail = why;
      end = now;
      for (Try attempt : attempts) {
        if (attempt.outcome == Outcome.RUNNING) {
          attempt.end(Outcome.CANCELLED, null, now);
        }
      }
    }

    Round toRound() {
      return new Round(
          name,
          fine(at),
          fineOrNull(end),
          outcome,
          detail,
          attempts.stream().map(Try::toAttempt).toList(),
          fineOrNull(lostAt),
          lostReason,
          fineOrNull(nextAt));
    }
  }

  private static final class Try {
    private final SocketAddress address;
    private final long at;
    private @Nullable Long end;
    private Outcome outcome = Outcome.RUNNING;
    private @Nullable String detail;

    Try(SocketAddress address, long at) {
      this.address = address;
      this.at = at;
    }

    void end(Outcome how, @Nullable String why, long now) {
      outcome = how;
      detail = why;
      end = now;
    }

    Attempt toAttempt() {
      return new Attempt(AddressText.of(address), fine(at), fineOrNull(end), outcome, detail);
    }
  }
}
