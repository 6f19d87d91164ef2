package io.fluxwire.internal;

import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Exceptions;

/**
 * Calls the application's code where nothing of ours depends on how the call ends: listeners,
 * observers, hooks, the signals of a subscriber. Whatever it throws is logged once and goes no
 * further, a fatal {@link Error} included: the thread is shared with other connections, and what
 * the caller still has to do must be done.
 */
public final class Callbacks {

  private static final Logger LOG = LoggerFactory.getLogger("io.fluxwire.callbacks");

  private Callbacks() {}

  /**
   * Calls the application's code.
   *
   * @param what names it in the log, as "a listener of dials"
   * @param code may throw anything
   */
  public static void run(String what, Runnable code) {
    try {
      code.run();
    } catch (Throwable t) {
      report(what, t);
    }
  }

  /**
   * Logs what the application's code threw: what ends the JVM's promises ({@link
   * Exceptions#isJvmFatal}) as an error, all else as a warning. What is fatal is told to the
   * process's default uncaught exception handler as well, if it has one: an application that ends
   * when memory runs out still does. Never throws.
   *
   * @param what names the code in the log, as "a listener of dials"
   * @param thrown what it threw
   */
  public static void report(String what, Throwable thrown) {
    Objects.requireNonNull(thrown, "thrown");
    boolean fatal = Exceptions.isJvmFatal(thrown);
    try {
      if (fatal) {
        LOG.error("{} threw a fatal error", what, thrown);
        tellProcess(thrown);
      } else {
        LOG.warn("{} threw", what, thrown);
      }
    } catch (Throwable alsoThrown) {
      // The log or the handler is broken: there is nobody left to tell.
    }
  }

  /**
   * As {@link #report}, of what is handed on as an error signal: only what is fatal is logged,
   * since whoever gets the signal hears of the rest.
   *
   * @param what names the code in the log, as "a listener of dials"
   * @param thrown what it threw
   */
  public static void reportFatal(String what, Throwable thrown) {
    if (Exceptions.isJvmFatal(thrown)) {
      report(what, thrown);
    }
  }

  private static void tellProcess(Throwable thrown) {
    Thread.UncaughtExceptionHandler handler = Thread.getDefaultUncaughtExceptionHandler();
    if (handler != null) {
      handler.uncaughtException(Thread.currentThread(), thrown);
    }
  }
}
