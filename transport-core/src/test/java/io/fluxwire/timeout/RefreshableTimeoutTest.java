package io.fluxwire.timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.test.scheduler.VirtualTimeScheduler;

class RefreshableTimeoutTest {

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final AtomicInteger runs = new AtomicInteger();

  private void pass(long millis) {
    time.advanceTimeBy(Duration.ofMillis(millis));
  }

  private RefreshableTimeout started() {
    return RefreshableTimeout.start(time, Duration.ofMillis(100), runs::incrementAndGet);
  }

  @Test
  void runsOnceWhenTheIntervalIsOver() {
    RefreshableTimeout timeout = started();
    pass(99);
    assertThat(runs).hasValue(0);
    pass(1);
    assertThat(runs).hasValue(1);
    assertThat(timeout.isDisposed()).isTrue();
    timeout.refresh();
    pass(1000);
    assertThat(runs).hasValue(1);
  }

  @Test
  void activityStartsTheIntervalAnew() {
    RefreshableTimeout timeout = started();
    pass(60);
    timeout.refresh();
    pass(99);
    assertThat(runs).hasValue(0);
    pass(1);
    assertThat(runs).hasValue(1);
  }

  @Test
  void refreshingDoesNotTouchTheTimer() {
    RefreshableTimeout timeout = started();
    for (int i = 0; i < 1000; i++) {
      timeout.refresh();
    }
    assertThat(time.getScheduledTaskCount()).isEqualTo(1);
    timeout.dispose();
  }

  @Test
  void nothingIsAwaitedWhileItIsSuspended() {
    RefreshableTimeout timeout = started();
    pass(50);
    timeout.suspend();
    pass(1000);
    assertThat(runs).hasValue(0);
    assertThat(time.getScheduledTaskCount()).isEqualTo(1);
    timeout.refresh();
    pass(99);
    assertThat(runs).hasValue(0);
    pass(1);
    assertThat(runs).hasValue(1);
  }

  @Test
  void aSuspendedOneWaitsForItsFirstRefresh() {
    RefreshableTimeout timeout =
        RefreshableTimeout.suspended(time, Duration.ofMillis(100), runs::incrementAndGet);
    pass(1000);
    assertThat(runs).hasValue(0);
    timeout.refresh(Duration.ofMillis(200).toNanos());
    pass(199);
    assertThat(runs).hasValue(0);
    pass(1);
    assertThat(runs).hasValue(1);
  }

  @Test
  void aDisposedOneNeverRuns() {
    started().dispose();
    pass(1000);
    assertThat(runs).hasValue(0);
  }

  @Test
  void anIntervalIsAboveZero() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RefreshableTimeout.start(time, Duration.ZERO, () -> {}))
        .withMessageContaining("above zero");
  }
}
