package io.fluxwire.internal;

import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;

/**
 * A scheduler that tells when its threads have ended. What was to run on them later never does, and
 * nobody else says so.
 */
public interface TerminableScheduler extends Scheduler {

  /**
   * Runs a task once the threads have ended.
   *
   * @param task runs on another thread, at once if they have ended already
   * @return forgets the task
   */
  Disposable onTermination(Runnable task);
}
