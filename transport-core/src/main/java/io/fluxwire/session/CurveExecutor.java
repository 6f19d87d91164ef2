package io.fluxwire.session;

import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Threads for curve operations, which step aside after each one: a storm of handshakes fills whole
 * time slices of the system's, and event loops that share the processors wait for milliseconds.
 */
final class CurveExecutor extends ScheduledThreadPoolExecutor {

  /** A process that meets nobody keeps no thread for it. */
  static final Duration KEEP_ALIVE = Duration.ofSeconds(10);

  CurveExecutor(int threads, Duration keepAlive) {
    super(threads, new Threads());
    setKeepAliveTime(keepAlive.toMillis(), TimeUnit.MILLISECONDS);
    allowCoreThreadTimeOut(true);
    setRemoveOnCancelPolicy(true);
  }

  @Override
  @SuppressWarnings("ThreadPriorityCheck") // a hint is what it is meant to be
  protected void afterExecute(Runnable task, @Nullable Throwable failure) {
    super.afterExecute(task, failure);
    Thread.yield();
  }

  private static final class Threads implements ThreadFactory {

    private final AtomicInteger number = new AtomicInteger();

    @Override
    public Thread newThread(Runnable task) {
      Thread thread = new Thread(task, "fluxwire-curve-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    }
  }
}
