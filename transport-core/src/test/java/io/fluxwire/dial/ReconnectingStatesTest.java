package io.fluxwire.dial;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.AuthenticationException;
import io.fluxwire.CloseReason;
import io.fluxwire.PeerConnectException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.dial.DialWorld.FakeConnection;
import io.fluxwire.dial.ReconnectingFlux.ReconnectSubscription;
import io.fluxwire.dial.ReconnectingFlux.State;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * The state table of a connection publisher. There is no clock: timers fire when a test says so.
 */
class ReconnectingStatesTest {

  private static final Path SOURCE =
      Path.of("src/main/java/io/fluxwire/dial/ReconnectingFlux.java");

  /** What may happen, in whatever state. */
  enum Event {
    DEMAND,
    TURN,
    PERMISSION,
    REFUSAL,
    WIN,
    LOSS,
    INCURABLE_LOSS,
    CLOSE,
    INCURABLE_CLOSE,
    /** Fires a backoff that is over or was given up, too, since it may have been on its way. */
    BACKOFF,
    STABLE,
    BUDGETLESS_DEMAND,
    UNWANTED_BACKOFF,
    CANCEL
  }

  /** What changes the state; whatever is not listed changes nothing. */
  private static final List<String> TRANSITIONS =
      List.of(
          "New                DEMAND            AwaitingPermission",
          "New                BUDGETLESS_DEMAND AwaitingTurn",
          "AwaitingTurn       TURN              AwaitingPermission",
          "AwaitingPermission PERMISSION        Dialing",
          "AwaitingPermission REFUSAL           Ended",
          "Dialing            WIN               Connected",
          "Dialing            LOSS              BackingOff",
          "Dialing            INCURABLE_LOSS    Ended",
          "Connected          CLOSE             BackingOff",
          "Connected          INCURABLE_CLOSE   Ended",
          "BackingOff         BACKOFF           AwaitingPermission",
          "BackingOff         UNWANTED_BACKOFF  Idle",
          "Idle               DEMAND            AwaitingPermission",
          "Idle               BUDGETLESS_DEMAND AwaitingPermission");

  /** How a state is reached from the first one. */
  private static final Map<String, List<Event>> WAYS =
      Map.of(
          "New", List.of(),
          "AwaitingTurn", List.of(Event.BUDGETLESS_DEMAND),
          "AwaitingPermission", List.of(Event.DEMAND),
          "Dialing", List.of(Event.DEMAND, Event.PERMISSION),
          "Connected", List.of(Event.DEMAND, Event.PERMISSION, Event.WIN),
          "BackingOff", List.of(Event.DEMAND, Event.PERMISSION, Event.LOSS),
          "Idle",
              List.of(
                  Event.DEMAND, Event.PERMISSION, Event.WIN, Event.CLOSE, Event.UNWANTED_BACKOFF),
          "Ended", List.of(Event.CANCEL));

  private static String next(String state, Event event) {
    if (event == Event.CANCEL) {
      return "Ended";
    }
    return TRANSITIONS.stream()
        .map(line -> line.split(" +", -1))
        .filter(cells -> cells[0].equals(state) && cells[1].equals(event.name()))
        .map(cells -> cells[2])
        .findFirst()
        .orElse(state);
  }

  /** Keeps tasks, and runs one when it is told to. */
  private static final class HandTimers implements Scheduler {

    private record Timer(long nanos, Runnable task) {}

    private final List<Timer> timers = new ArrayList<>();
    private @Nullable Runnable tick;

    @Override
    public Disposable schedule(Runnable task) {
      return schedule(task, 0, TimeUnit.NANOSECONDS);
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
      timers.add(new Timer(unit.toNanos(delay), task));
      return Disposables.single();
    }

    void fire(long nanos) {
      List.copyOf(timers).stream()
          .filter(timer -> timer.nanos == nanos)
          .forEach(timer -> timer.task.run());
    }

    void tick() {
      Runnable task = tick;
      if (task != null) {
        task.run();
      }
    }

    @Override
    public Worker createWorker() {
      return new Worker() {
        @Override
        public Disposable schedule(Runnable task) {
          throw new UnsupportedOperationException();
        }

        @Override
        public Disposable schedulePeriodically(
            Runnable task, long initialDelay, long period, TimeUnit unit) {
          tick = task;
          return this;
        }

        @Override
        public void dispose() {}
      };
    }
  }

  /** One subscription, and all it depends on. */
  private static final class Fixture {

    private static final long BACKOFF = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long STABLE = TimeUnit.SECONDS.toNanos(60);

    private final HandTimers timers = new HandTimers();
    private final DialBudget budget = DialBudget.perSecond(1, 1, timers);
    private final List<Sinks.Empty<Void>> permissions = new ArrayList<>();
    private final List<Sinks.One<PeerConnection<String>>> attempts = new ArrayList<>();
    private final FakeConnection connection = new FakeConnection(DialWorld.address("v4-1"));
    private final List<DialEvent> events = new ArrayList<>();
    private final ReconnectSubscription<String> subscription;

    Fixture() {
      Dial<String> dial =
          Dial.of(
              DialSpec.of("peer").scheduler(timers).doOnEvent(events::add),
              List.of(AddressSource.of(DialWorld.addresses("v4-1"))),
              address -> asked(attempts, Sinks.one()).asMono());
      subscription =
          new ReconnectSubscription<>(
              dial,
              ReconnectSpec.create().random(() -> 0.5).budget(budget),
              Mono.defer(() -> asked(permissions, Sinks.empty()).asMono()),
              new BaseSubscriber<>() {
                @Override
                protected void hookOnSubscribe(Subscription s) {}

                @Override
                protected void hookOnError(Throwable failure) {}
              });
    }

    private static <T> T asked(List<T> all, T next) {
      all.add(next);
      return next;
    }

    private static <T> Stream<T> last(List<T> all) {
      return all.stream().skip(Math.max(0, all.size() - 1));
    }

    private void lose(PeerException why) {
      last(attempts).forEach(attempt -> attempt.tryEmitError(why));
    }

    private void close(CloseReason reason) {
      connection.end(reason);
    }

    private void happens(Event event) {
      switch (event) {
        case DEMAND -> subscription.request(1);
        case BUDGETLESS_DEMAND -> {
          budget.enter(() -> {});
          subscription.request(1);
        }
        case TURN -> timers.tick();
        case PERMISSION -> last(permissions).forEach(Sinks.Empty::tryEmitEmpty);
        case REFUSAL ->
            last(permissions).forEach(sink -> sink.tryEmitError(new IllegalStateException("no")));
        case WIN -> last(attempts).forEach(attempt -> attempt.tryEmitValue(connection));
        case LOSS -> lose(new PeerConnectException(Reason.CONNECT_FAILED, "refused"));
        case INCURABLE_LOSS ->
            lose(new AuthenticationException(Reason.NODE_ID_UNEXPECTED, "someone else"));
        case CLOSE -> close(new CloseReason(Reason.CLOSED_BY_PEER, null));
        case INCURABLE_CLOSE ->
            close(CloseReason.of(new AuthenticationException(Reason.NODE_ID_UNEXPECTED, "x")));
        case BACKOFF, UNWANTED_BACKOFF -> timers.fire(BACKOFF);
        case STABLE -> timers.fire(STABLE);
        case CANCEL -> subscription.cancel();
      }
    }

    private String state() {
      return subscription.state().getClass().getSimpleName();
    }
  }

  /** A fixture in that state; of BackingOff, one with or without demand, as the event wants it. */
  private static Fixture reach(String state, Event next) {
    Fixture fixture = new Fixture();
    boolean unwanted = state.equals("BackingOff") && next == Event.UNWANTED_BACKOFF;
    List<Event> way =
        unwanted
            ? List.of(Event.DEMAND, Event.PERMISSION, Event.WIN, Event.CLOSE)
            : WAYS.get(state);
    way.forEach(fixture::happens);
    assertThat(fixture.state()).isEqualTo(state);
    return fixture;
  }

  static Stream<Arguments> cells() {
    return WAYS.keySet().stream()
        .sorted()
        .flatMap(state -> Arrays.stream(Event.values()).map(event -> Arguments.of(state, event)));
  }

  @ParameterizedTest(name = "{0} x {1}")
  @MethodSource("cells")
  void eachEventLeadsToTheStateOfTheTable(String state, Event event) {
    Fixture fixture = reach(state, event);
    fixture.happens(event);
    assertThat(fixture.state()).isEqualTo(next(state, event));
  }

  @ParameterizedTest(name = "{0} x {1}")
  @MethodSource("cells")
  void whatTheLastStateHeldIsGivenUp(String state, Event event) {
    Fixture fixture = reach(state, event);
    State before = fixture.subscription.state();
    fixture.happens(event);
    boolean stays = fixture.subscription.state() == before;
    if (before instanceof State.BackingOff backingOff) {
      assertThat(backingOff.timer().isDisposed()).isNotEqualTo(stays);
    } else if (before instanceof State.AwaitingPermission awaiting) {
      assertThat(awaiting.permission().isDisposed()).isNotEqualTo(stays);
    } else if (before instanceof State.Connected connected) {
      assertThat(connected.stability().isDisposed()).isNotEqualTo(stays);
      assertThat(connected.connection().isDisposed()).isNotEqualTo(stays);
    }
  }

  @Test
  void theEndIsToldOnce() {
    for (String state : WAYS.keySet()) {
      Fixture fixture = reach(state, Event.CANCEL);
      Arrays.stream(Event.values()).forEach(event -> fixture.happens(Event.CANCEL));
      assertThat(fixture.events).filteredOn(DialEvent.Stopped.class::isInstance).hasSize(1);
    }
  }

  @Test
  void allStatesAreTested() {
    assertThat(Stream.of(State.class.getPermittedSubclasses()).map(Class::getSimpleName))
        .containsExactlyInAnyOrderElementsOf(WAYS.keySet());
  }

  /** What the Javadoc says each state leads to, the end aside. */
  @Test
  void theJavadocsTableIsTheTests() throws IOException {
    Pattern names = Pattern.compile("\\b(" + String.join("|", WAYS.keySet()) + "):");
    Map<String, Set<String>> documented =
        Files.readAllLines(SOURCE, StandardCharsets.UTF_8).stream()
            .filter(line -> line.startsWith(" * ") && line.contains(" | "))
            .map(line -> line.substring(3).split(" +\\| ", -1))
            .filter(cells -> WAYS.containsKey(cells[0]))
            .collect(
                Collectors.toMap(
                    cells -> cells[0],
                    cells ->
                        names
                            .matcher(cells[1])
                            .results()
                            .map(found -> found.group(1))
                            .collect(Collectors.toCollection(TreeSet::new))));
    Map<String, Set<String>> tested = new TreeMap<>();
    for (String line : TRANSITIONS) {
      String[] cells = line.split(" +", -1);
      if (!cells[2].equals("Ended")) {
        tested.computeIfAbsent(cells[0], state -> new TreeSet<>()).add(cells[2]);
      }
    }
    assertThat(documented).isEqualTo(tested);
  }
}
