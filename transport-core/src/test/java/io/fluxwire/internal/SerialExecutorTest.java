package io.fluxwire.internal;

import static io.fluxwire.testing.Thrown.raise;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class SerialExecutorTest {

  private final List<Object> told = new ArrayList<>();

  @Test
  void whatATaskThrowsIsToldToTheOwnerAndStopsNoOther() {
    SerialExecutor serial = new SerialExecutor(told::add);
    NoClassDefFoundError first = new NoClassDefFoundError("X");
    IllegalStateException second = new IllegalStateException();
    serial.execute(() -> raise(first));
    serial.execute(() -> told.add("between"));
    serial.execute(
        () -> {
          // Both wait until this task is over.
          serial.execute(() -> raise(second));
          serial.execute(() -> told.add("last"));
          raise(new Exception("checked"));
        });
    assertThat(told.subList(0, 2)).containsExactly(first, "between");
    assertThat(told.get(2)).isInstanceOf(Exception.class);
    assertThat(told.subList(3, 5)).containsExactly(second, "last");
  }

  @Test
  void anOwnerThatThrowsStopsNoTaskEither() {
    SerialExecutor serial =
        new SerialExecutor(
            thrown -> {
              throw new StackOverflowError();
            });
    serial.execute(() -> raise(new OutOfMemoryError("of a test")));
    serial.execute(() -> told.add("next"));
    assertThat(told).containsExactly("next");
  }

  @Test
  void whoBringsATaskHearsNothingOfAnothersFault() throws InterruptedException {
    SerialExecutor serial = new SerialExecutor();
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch brought = new CountDownLatch(1);
    List<Throwable> escaped = new ArrayList<>();
    Thread runs =
        new Thread(
            () ->
                serial.execute(
                    () -> {
                      running.countDown();
                      await(brought);
                    }));
    runs.setUncaughtExceptionHandler((thread, thrown) -> escaped.add(thrown));
    runs.start();
    running.await();
    serial.execute(() -> raise(new LinkageError("of a test")));
    serial.execute(() -> told.add("next"));
    brought.countDown();
    runs.join();
    assertThat(escaped).isEmpty();
    assertThat(told).containsExactly("next");
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
