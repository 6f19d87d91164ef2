package io.fluxwire.fleet.nats;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.FleetEngineException.Kind;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.fleet.internal.EngineFailures;
import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import io.nats.client.Message;
import io.nats.client.MessageHandler;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The connection of a session, and the session's end, which is that of its connection. jnats' own
 * reconnecting is off: a connection that comes back by itself is told nothing of what was missed,
 * so all has to be said again anyway.
 *
 * <p>jnats may block whoever publishes. So all that is sent for callers goes through the steps'
 * worker thread, which also keeps it in order; what is received comes on the one thread of a
 * dispatcher.
 */
final class SessionConnection {

  private static final int MIN_PAYLOAD = 1 << 20;

  private static final long MAX_UNREAD_MESSAGES = 100_000;
  private static final long MAX_UNREAD_BYTES = 64L << 20;

  private final EngineConfig config;
  private final InstanceId self;
  private final Steps steps;
  private final Sinks.One<Throwable> ended = Sinks.one();
  private final Disposable.Swap untilEnd = Disposables.swap();

  // Of the worker's thread; the connection is also read elsewhere, once there is one.
  private volatile @Nullable Connection connection;
  private @Nullable Dispatcher dispatcher;

  SessionConnection(EngineConfig config, InstanceId self, Steps steps) {
    this.config = config;
    this.self = self;
    this.steps = steps;
  }

  // On the worker's thread

  /**
   * Connects, without any subscription.
   *
   * @param receiver takes what is received, on the thread of the dispatcher
   */
  void open(MessageHandler receiver) throws Exception {
    Connection opened = Nats.connect(options());
    connection = opened;
    if (opened.getMaxPayload() < MIN_PAYLOAD) {
      throw new FleetEngineException(
          Kind.FAILED,
          "%s takes messages of %,d bytes; set max_payload to 1 MiB or more, as is the default"
              .formatted(config.server(), opened.getMaxPayload()),
          null);
    }
    Dispatcher made = opened.createDispatcher(receiver);
    made.setPendingLimits(MAX_UNREAD_MESSAGES, MAX_UNREAD_BYTES);
    dispatcher = made;
  }

  private Options options() {
    SessionEvents events = new SessionEvents(config.server(), this::end);
    return new Options.Builder(config.options)
        .connectionName("fluxwire " + config.fleet + " " + self)
        .noReconnect()
        .connectionTimeout(config.heartbeat.timeout())
        .reportNoResponders()
        .inboxPrefix(Subjects.of(config.fleet).answers())
        .connectionListener(events)
        .errorListener(events)
        .build();
  }

  /** Without effect if there is a subscription already. */
  void subscribe(String subject) {
    Objects.requireNonNull(dispatcher).subscribe(subject);
  }

  void unsubscribe(String subject) {
    Objects.requireNonNull(dispatcher).unsubscribe(subject);
  }

  /** Waits until NATS has taken all that was sent. */
  void flush() throws Exception {
    connected().flush(config.heartbeat.answerLimit());
    String error = connected().getLastError();
    if (error != null && Failures.isNotPermitted(error)) {
      throw Failures.notPermitted(config.server(), error);
    }
  }

  CompletableFuture<Message> request(String subject, byte[] question) {
    return connected().requestWithTimeout(subject, question, config.heartbeat.answerLimit());
  }

  /** How many bytes wait for NATS. */
  long waitingBytes() {
    return connected().outgoingPendingBytes();
  }

  private void close() throws InterruptedException {
    Connection last = connection;
    if (last != null) {
      last.close();
    }
  }

  // On the worker's thread, and on the dispatcher's

  void publish(String subject, byte[] notice) {
    connected().publish(subject, notice);
  }

  void publish(String subject, String words) {
    publish(subject, words.getBytes(UTF_8));
  }

  void publish(String subject, String replyTo, byte[] notice) {
    connected().publish(subject, replyTo, notice);
  }

  private Connection connected() {
    Connection now = connection;
    if (now == null) {
      throw EngineFailures.unreachable(config.server(), null);
    }
    return now;
  }

  // On any thread

  /** Runs a step. What fails has to be announced again, by another session. */
  Mono<Void> write(Steps.Step step) {
    return steps
        .run(
            () -> {
              try {
                step.run();
              } catch (Exception failure) {
                // Also if nobody waits any more.
                end(failure);
                throw failure;
              }
            })
        // Too much may wait for the worker.
        .doOnError(this::end);
  }

  /** Disposes of what goes on when the session ends, or at once if it has ended. */
  void keepUntilEnd(Disposable task) {
    untilEnd.update(task);
  }

  Mono<Throwable> ended() {
    return ended.asMono();
  }

  /** Has no effect if the session has ended. */
  void end(Throwable cause) {
    if (ended.tryEmitValue(cause) == Sinks.EmitResult.OK) {
      untilEnd.dispose();
      steps.run(this::close).onErrorComplete().subscribe();
    }
  }
}
