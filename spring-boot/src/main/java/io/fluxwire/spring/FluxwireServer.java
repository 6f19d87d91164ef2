package io.fluxwire.spring;

import io.fluxwire.NodeId;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.netty.ShutdownReport;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.EnvironmentAware;
import org.springframework.context.SmartLifecycle;
import org.springframework.core.env.Environment;

/**
 * A server that is started and stopped with the application's context, each time that this is. The
 * starter makes one for the {@link PeerServer} of the properties, or for the application's own
 * {@code PeerServer} bean; for a second node, define beans of this type.
 *
 * <p>It starts when all other beans are there, and stops, as a web server does, before any of them
 * is destroyed: it accepts no more connections, and those that are open close in good order, each
 * within its drain timeout (5 s unless configured). All of it takes no longer than {@code
 * spring.lifecycle.timeout-per-shutdown-phase} (30 s by default): what is open after nine tenths of
 * that is closed at once. What was not delivered then is logged as a warning. Thread-safe.
 */
public final class FluxwireServer implements SmartLifecycle, EnvironmentAware {

  /** The phase of the lifecycle in which Boot's web servers drain, too. */
  public static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 1024;

  private static final Logger LOG = LoggerFactory.getLogger(FluxwireServer.class);

  private static final Duration PHASE_TIMEOUT = Duration.ofSeconds(30);

  private final PeerServer<?> settings;

  private volatile Duration phaseTimeout = PHASE_TIMEOUT;

  /** Null while it does not listen. Guarded by this. */
  private @Nullable DisposablePeerServer running;

  private FluxwireServer(PeerServer<?> settings) {
    this.settings = Objects.requireNonNull(settings, "settings");
  }

  /**
   * A server for a bean of the application's own.
   *
   * @param settings where it listens, who it is, and what it does
   * @return the server, not started
   */
  public static FluxwireServer of(PeerServer<?> settings) {
    return new FluxwireServer(settings);
  }

  /**
   * The server that listens: its port, its peers, and what ends their connections.
   *
   * @return the server, another one after each start
   * @throws IllegalStateException when it is not started, or stopped
   */
  public synchronized DisposablePeerServer server() {
    if (running == null) {
      throw new IllegalStateException(settings + " is not running");
    }
    return running;
  }

  /** Ends the connections of some peers, if it listens. */
  void disconnect(Predicate<? super NodeId> which) {
    DisposablePeerServer server;
    synchronized (this) {
      server = running;
    }
    if (server != null) {
      server.disconnect(which).subscribe();
    }
  }

  @Override
  public void setEnvironment(Environment environment) {
    phaseTimeout =
        Binder.get(environment)
            .bind("spring.lifecycle.timeout-per-shutdown-phase", Duration.class)
            .orElse(PHASE_TIMEOUT);
  }

  /**
   * Starts to listen, unless it listens already, and waits until it does. Blocks.
   *
   * @throws RuntimeException as {@link PeerServer#bindNow()}, which fails the context's start
   */
  @Override
  public synchronized void start() {
    if (running == null) {
      running = settings.bindNow();
      LOG.info("{} is started", running);
    }
  }

  /**
   * Stops it, and waits until its connections are closed, within the bound that the class has.
   * Blocks.
   */
  @Override
  public void stop() {
    DisposablePeerServer server = take();
    if (server != null) {
      end(server);
    }
  }

  /**
   * Stops it on a thread of its own, so that others of its phase drain meanwhile.
   *
   * @param callback is run once all is closed, whatever failed; at once where it does not listen
   */
  @Override
  public void stop(Runnable callback) {
    DisposablePeerServer server = take();
    if (server == null) {
      callback.run();
      return;
    }
    Runnable ending =
        () -> {
          try {
            end(server);
          } finally {
            callback.run();
          }
        };
    new Thread(ending, "fluxwire-shutdown").start();
  }

  private synchronized @Nullable DisposablePeerServer take() {
    DisposablePeerServer server = running;
    running = null;
    return server;
  }

  private void end(DisposablePeerServer server) {
    try {
      ShutdownReport report = server.disposeNow(phaseTimeout.multipliedBy(9).dividedBy(10));
      if (!report.undelivered().isNothing()) {
        LOG.warn("{} is stopped: {}", server.id(), report);
      }
    } catch (IllegalStateException e) {
      LOG.warn("{} is stopped", server.id(), e);
    }
  }

  /** Whether it listens. */
  @Override
  public synchronized boolean isRunning() {
    return running != null;
  }

  /** Always {@link #PHASE}. */
  @Override
  public int getPhase() {
    return PHASE;
  }

  @Override
  public synchronized String toString() {
    return running == null ? "FluxwireServer[" + settings + "]" : running.toString();
  }
}
