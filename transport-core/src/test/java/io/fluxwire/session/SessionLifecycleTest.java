package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.session.SessionLifecycle.Action;
import io.fluxwire.session.SessionLifecycle.Event;
import io.fluxwire.session.SessionLifecycle.State;
import io.fluxwire.session.SessionLifecycle.Step;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SessionLifecycleTest {

  private static final Path SOURCE =
      Path.of("src/main/java/io/fluxwire/session/SessionLifecycle.java");

  private final Recorder recorder = new Recorder();
  private final SessionLifecycle lifecycle = new SessionLifecycle(recorder);

  /** What was to be done. */
  private static final class Recorder implements SessionLifecycle.Actions {

    private final List<String> done = new ArrayList<>();

    private synchronized void note(String action, PeerException cause) {
      done.add(action + " " + cause.reason());
    }

    @Override
    public void drain(PeerException cause) {
      note("drain", cause);
    }

    @Override
    public void drainWhenIdle(PeerException cause) {
      note("drain when idle", cause);
    }

    @Override
    public void drainAndTell(PeerException cause) {
      note("drain and tell", cause);
    }

    @Override
    public void faultSeen(PeerException fault) {
      note("seen", fault);
    }

    @Override
    public void fail(PeerException fault) {
      note("fail", fault);
    }

    @Override
    public void abort(PeerException cause) {
      note("abort", cause);
    }

    @Override
    public void release(PeerException cause) {
      note("release", cause);
    }
  }

  /** Each cell of the table that the Javadoc shows. */
  static Stream<Arguments> documented() throws IOException {
    List<List<String>> rows =
        Files.readAllLines(SOURCE, StandardCharsets.UTF_8).stream()
            .filter(line -> line.startsWith(" * ") && line.contains(" | "))
            .map(
                line ->
                    Arrays.stream(line.substring(3).split("\\|", -1)).map(String::trim).toList())
            .toList();
    List<String> header = rows.get(0);
    return rows.stream()
        .skip(1)
        .flatMap(
            row ->
                Stream.iterate(1, i -> i < header.size(), i -> i + 1)
                    .map(i -> Arguments.of(row.get(0), header.get(i), row.get(i))));
  }

  @ParameterizedTest(name = "{0} x {1} = {2}")
  @MethodSource("documented")
  void theJavadocsTableIsTheCodes(String state, String event, String cell) {
    State from = State.valueOf(state);
    String[] words = cell.split(" +", -1);
    Step step =
        words.length == 1
            ? new Step(from, false, Action.NONE)
            : new Step(
                State.valueOf(words[0].replace("*", "")),
                words[0].endsWith("*"),
                words[1].equals("-") ? Action.NONE : Action.valueOf(words[1]));
    assertThat(SessionLifecycle.step(from, Event.valueOf(event))).isEqualTo(step);
  }

  @Test
  void theJavadocShowsAllStatesAndEvents() throws IOException {
    assertThat(documented().map(cell -> cell.get()[0] + " " + cell.get()[1]))
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(State.values())
                .flatMap(state -> Arrays.stream(Event.values()).map(event -> state + " " + event))
                .toList());
  }

  @Test
  void theTableKeepsItsPromises() {
    for (State state : State.values()) {
      assertThat(SessionLifecycle.step(state, Event.GONE).next()).isEqualTo(State.CLOSED);
      for (Event event : Event.values()) {
        Step step = SessionLifecycle.step(state, event);
        assertThat(step.next() == state && step.action() != Action.NONE)
            .as("%s, %s: nothing is done twice", state, event)
            .isFalse();
        assertThat(step.decides() && state != State.OPEN && event == Event.CLOSE).isFalse();
      }
    }
  }

  private static PeerException fault() {
    return new ConnectionClosedException(Reason.APPLICATION_ERROR, "a fault");
  }

  private void happens(Event event) {
    switch (event) {
      case CLOSE -> lifecycle.close();
      case CLOSE_WITH_ERROR ->
          lifecycle.closeWithError(ConnectionClosedException.byThisSide("a bug"));
      case DISPOSE -> lifecycle.dispose();
      case PEER_ENDED -> lifecycle.peerEnded(Reason.CLOSED_BY_PEER);
      case HEARD -> lifecycle.peerEndHeard();
      case FAULT -> lifecycle.fail(fault());
      case EXHAUSTED -> lifecycle.exhausted(fault());
      case OVERDUE -> lifecycle.overdue();
      case GONE -> lifecycle.gone();
    }
  }

  @Test
  void aCloseThatIsOverdueIsAbortedAndStaysAClose() {
    happens(Event.CLOSE);
    happens(Event.PEER_ENDED);
    happens(Event.OVERDUE);
    happens(Event.FAULT);
    happens(Event.GONE);
    assertThat(recorder.done)
        .containsExactly("drain CLOSED_LOCALLY", "abort CLOSED_LOCALLY", "release CLOSED_LOCALLY");
    assertThat(lifecycle.onClose().map(CloseReason::reason).block())
        .isEqualTo(Reason.CLOSED_LOCALLY);
  }

  @Test
  void aFaultWhileThisSideClosesIsTheReason() {
    happens(Event.CLOSE);
    happens(Event.FAULT);
    happens(Event.GONE);
    assertThat(recorder.done)
        .containsExactly(
            "drain CLOSED_LOCALLY",
            "seen APPLICATION_ERROR",
            "abort APPLICATION_ERROR",
            "release APPLICATION_ERROR");
    assertThat(lifecycle.reason().reason()).isEqualTo(Reason.APPLICATION_ERROR);
  }

  /** The peer closes when it hears of it, which may look like anything. */
  @Test
  void whatEndsAConnectionThatClosesWithAnErrorIsNotItsReason() {
    happens(Event.PEER_ENDED);
    happens(Event.HEARD);
    happens(Event.CLOSE_WITH_ERROR);
    happens(Event.FAULT);
    happens(Event.GONE);
    assertThat(recorder.done)
        .containsExactly(
            "drain when idle CLOSED_BY_PEER",
            "seen CLOSED_WITH_ERROR",
            "drain and tell CLOSED_WITH_ERROR",
            "abort APPLICATION_ERROR",
            "release CLOSED_WITH_ERROR");
    assertThat(lifecycle.reason().reason()).isEqualTo(Reason.CLOSED_WITH_ERROR);
  }

  @Test
  void aFaultAfterThePeersEndIsNone() {
    happens(Event.PEER_ENDED);
    happens(Event.FAULT);
    happens(Event.HEARD);
    happens(Event.HEARD);
    happens(Event.GONE);
    assertThat(recorder.done)
        .containsExactly("drain when idle CLOSED_BY_PEER", "release CLOSED_BY_PEER");
  }

  /** A late subscriber to a sink that is emitting is told ahead of the earlier ones. */
  @Test
  void ourOwnPartsKnowOfTheEndBeforeTheApplication() {
    List<String> told = new ArrayList<>();
    lifecycle
        .onRelease()
        .subscribe(
            why -> {
              lifecycle.onClose().subscribe(late -> told.add("application"));
              told.add("meters");
            });
    lifecycle.dispose();
    lifecycle.gone();

    assertThat(told).containsExactly("meters", "application");
  }

  @Test
  void aConnectionThatIsGoneWithoutAWordIsLost() {
    happens(Event.GONE);
    happens(Event.CLOSE);
    assertThat(recorder.done).containsExactly("release CONNECTION_LOST");
    assertThat(lifecycle.state()).isEqualTo(State.CLOSED);
  }

  /** Of all that happens at once, one is the reason, and it is closed once. */
  @Test
  @Timeout(60)
  void eventsOfManyThreadsDecideOnce() throws Exception {
    Event[] events = {Event.CLOSE, Event.DISPOSE, Event.PEER_ENDED, Event.GONE};
    ExecutorService threads = Executors.newFixedThreadPool(events.length);
    Map<Reason, Integer> reasons = new EnumMap<>(Reason.class);
    try {
      for (int round = 0; round < 2000; round++) {
        Recorder seen = new Recorder();
        SessionLifecycle raced = new SessionLifecycle(seen);
        CyclicBarrier start = new CyclicBarrier(events.length);
        List<Runnable> actions =
            List.of(
                raced::close,
                raced::dispose,
                () -> raced.peerEnded(Reason.CLOSED_BY_PEER),
                raced::gone);
        List<Future<?>> all = new ArrayList<>();
        for (Runnable action : actions) {
          all.add(
              threads.submit(
                  () -> {
                    start.await();
                    action.run();
                    return null;
                  }));
        }
        for (Future<?> one : all) {
          one.get();
        }
        assertThat(raced.state()).isEqualTo(State.CLOSED);
        assertThat(seen.done.stream().filter(line -> line.startsWith("release"))).hasSize(1);
        assertThat(seen.done.stream().filter(line -> line.startsWith("drain")).count())
            .isLessThanOrEqualTo(1);
        reasons.merge(raced.onClose().block().reason(), 1, Integer::sum);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(reasons.keySet())
        .isSubsetOf(Reason.CLOSED_LOCALLY, Reason.CLOSED_BY_PEER, Reason.CONNECTION_LOST);
  }
}
