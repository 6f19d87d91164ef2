package io.fluxwire.internal;

import static io.fluxwire.testing.Thrown.raise;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.testing.CallbackLog;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DrainLoopTest {

  private final List<Object> seen = new ArrayList<>();

  /** What is to be done in the step that comes next, and in those after it. */
  private final List<Runnable> steps = new ArrayList<>();

  private final DrainLoop loop = new DrainLoop(this::step, this::failed);

  private void step() {
    seen.add("step");
    if (!steps.isEmpty()) {
      steps.remove(0).run();
      seen.add("end");
    }
  }

  private void failed(Throwable thrown) {
    seen.add(thrown);
  }

  @Test
  void eachSignalRunsAStep() {
    loop.signal();
    loop.signal();
    assertThat(seen).containsExactly("step", "step");
  }

  @Test
  void signalsWhileItRunsAreOneMoreStepBehindIt() {
    steps.add(
        () -> {
          loop.signal();
          loop.signal();
        });
    loop.signal();
    assertThat(seen).containsExactly("step", "end", "step");
  }

  @Test
  void whoEntersRunsItForAllThatSignal() {
    assertThat(loop.enter()).isTrue();
    assertThat(loop.enter()).isFalse();
    loop.signal();
    assertThat(loop.tryEnter()).isFalse();
    assertThat(seen).isEmpty();
    loop.run();
    assertThat(seen).containsExactly("step", "step");
    assertThat(loop.tryEnter()).isTrue();
    loop.run();
    assertThat(seen).containsExactly("step", "step", "step");
  }

  @Test
  void whoLeavesRunsAStepOnlyForASignal() {
    assertThat(loop.tryEnter()).isTrue();
    loop.leave();
    assertThat(seen).isEmpty();
    assertThat(loop.tryEnter()).isTrue();
    loop.signal();
    assertThat(seen).isEmpty();
    loop.leave();
    assertThat(seen).contains("step");
    assertThat(loop.tryEnter()).isTrue();
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void whatAStepThrowsIsToldAndTheNextOneRuns(Throwable thrown) {
    steps.add(
        () -> {
          loop.signal();
          raise(thrown);
        });
    loop.signal();
    loop.signal();
    assertThat(seen).containsExactly("step", thrown, "step", "step");
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void anOwnerThatThrowsStopsNothing(Throwable thrown) {
    DrainLoop broken = new DrainLoop(this::step, failure -> raise(thrown));
    steps.add(() -> raise(new IllegalStateException("of a step")));
    try (CallbackLog log = new CallbackLog()) {
      broken.signal();
      broken.signal();
      assertThat(seen).containsExactly("step", "step");
      assertThat(log.logged()).containsExactly(thrown);
    }
  }

  @Test
  void theOwnerOfAFaultMaySignal() {
    DrainLoop[] self = new DrainLoop[1];
    self[0] = new DrainLoop(this::step, failure -> self[0].signal());
    steps.add(() -> raise(new IllegalStateException("of a step")));
    self[0].signal();
    assertThat(seen).containsExactly("step", "step");
  }
}
