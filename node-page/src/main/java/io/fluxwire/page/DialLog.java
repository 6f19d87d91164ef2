package io.fluxwire.page;

import io.fluxwire.dial.ConnectionHealth;
import io.fluxwire.dial.ConnectionHealthMonitor;
import io.fluxwire.dial.DialEvent;
import io.fluxwire.internal.AddressText;
import io.fluxwire.internal.FailureText;
import io.fluxwire.page.Snapshot.Attempt;
import io.fluxwire.page.Snapshot.DialledLink;
import io.fluxwire.page.Snapshot.Outcome;
import io.fluxwire.page.Snapshot.Round;
import io.fluxwire.page.Snapshot.Target;
import java.net.SocketAddress;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The latest rounds of dialing, put together from what happens in them, and what is dialled again
 * and again. Thread-safe.
 */
final class DialLog implements Consumer<DialEvent> {

  static final int ROUNDS = 12;
  static final int ATTEMPTS = 32;
  private static final int LINKS = 1000;

  private final LongSupplier clock;
  private final Deque<Dialling> rounds = new ArrayDeque<>();
  private final Set<Dialled> links = new LinkedHashSet<>();
  private final Clock calendar;
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
    } else if (event instanceof DialEvent.Delayed delayed) {
      Dialling round = latest(name);
      if (round != null) {
        round.nextAt = clock.getAsLong() + delayed.delay().toNanos();
      }
    }
  }

  private static void won(Dialling round, DialEvent.Connected connected) {
    round.end(connected.address(), Outcome.WON, null);
    round.end(Outcome.WON, null);
  }

  /**
   * Listens to one connection publisher. What is dialled once is no link: it may have ended long
   * since, and nobody would tell.
   */
  Consumer<DialEvent> link() {
    return new Dialled();
  }

  /** Another publisher of the same name takes the place of one that has given up. */
  private void listed(Dialled link, String name) {
    if (links.add(link)) {
      links.removeIf(other -> other != link && other.gaveUp && other.name.equals(name));
      if (links.size() > LINKS) {
        links.remove(links.iterator().next());
      }
    }
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

  /**
   * What is kept connected, or was until that failed for good; not what the application has ended.
   */
  synchronized List<DialledLink> links() {
    return links.stream().map(link -> DialledLink.of(link.name, link.health.health())).toList();
  }

  /** What is kept connected, at most so many, those that are not connected first. */
  synchronized List<Target> targets(int limit) {
    return links.stream()
        .map(Dialled::toTarget)
        .sorted(Comparator.comparing(Target::up).thenComparing(Target::name))
        .limit(limit)
        .toList();
  }

  /**
   * Which links are not connected.
   *
   * @param targets how many links there are
   * @param down how many of them are not connected
   * @param since since when the first of these is not, in nanoseconds; zero where all are
   */
  record Down(int targets, int down, long since) {}

  synchronized Down down() {
    List<Dialled> down = links.stream().filter(link -> !link.up()).toList();
    return new Down(
        links.size(), down.size(), down.stream().mapToLong(link -> link.since).min().orElse(0));
  }

  /** How often a link was connected again. */
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

  /** One connection publisher, listed from the first that it tells on. Guarded by the log. */
  private final class Dialled implements Consumer<DialEvent> {
    private final ConnectionHealthMonitor health = new ConnectionHealthMonitor(calendar);
    private String name = "";
    private boolean lost;
    private boolean gaveUp;
    private long since;
    private @Nullable Long nextAt;
    private boolean dialing;
    private int failures;

    @Override
    public void accept(DialEvent event) {
      synchronized (DialLog.this) {
        boolean before = up();
        boolean first = name.isEmpty();
        health.accept(event);
        name = event.name();
        if (event instanceof DialEvent.Stopped stopped && stopped.cause() == null) {
          links.remove(this);
          return;
        }
        listed(this, name);
        if (first || up() != before) {
          since = clock.getAsLong();
        }
        if (event instanceof DialEvent.Stopped) {
          gaveUp = true;
        } else if (event instanceof DialEvent.Disconnected) {
          lost = true;
        } else if (event instanceof DialEvent.Connected && lost) {
          lost = false;
          reconnects++;
        }
        waits(event);
      }
    }

    private void waits(DialEvent event) {
      if (event instanceof DialEvent.Delayed delayed) {
        nextAt = clock.getAsLong() + delayed.delay().toNanos();
        failures = delayed.failures();
        dialing = false;
      } else if (event instanceof DialEvent.Connected) {
        nextAt = null;
        failures = 0;
        dialing = false;
      } else if (event instanceof DialEvent.AttemptStarted) {
        nextAt = null;
        dialing = true;
      } else if (event instanceof DialEvent.RoundFailed || event instanceof DialEvent.Stopped) {
        dialing = false;
      }
    }

    private boolean up() {
      return health.health().up();
    }

    private Target toTarget() {
      ConnectionHealth now = health.health();
      Throwable error = now.lastError();
      return new Target(
          name,
          now.up(),
          fine(since),
          dialing,
          fineOrNull(nextAt),
          failures,
          error == null ? null : FailureText.of(error));
    }
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
