package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CurveExecutorTest {

  @Test
  void itsThreadsAreDaemonsAndEndWhenTheyAreIdle() throws Exception {
    CurveExecutor executor = new CurveExecutor(2, Duration.ofMillis(1));
    List<Future<Thread>> results =
        executor.invokeAll(Stream.generate(CurveExecutorTest::threads).limit(20).toList());
    for (Future<Thread> result : results) {
      Thread thread = result.get();
      assertThat(thread.isDaemon()).isTrue();
      assertThat(thread.getName()).startsWith("fluxwire-curve-");
      thread.join(TimeUnit.SECONDS.toMillis(30));
      assertThat(thread.isAlive()).isFalse();
    }
    assertThat(executor.isShutdown()).isFalse();
    executor.shutdown();
  }

  private static Callable<Thread> threads() {
    return Thread::currentThread;
  }
}
