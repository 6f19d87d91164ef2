package io.fluxwire.handshake;

import io.fluxwire.PeerException;
import io.fluxwire.observe.HandshakeStage;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.record.WireLog;
import io.fluxwire.transport.ByteDuplex;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import reactor.core.publisher.Mono;

/** A way to find out who the peer of a fresh connection is, and to agree on keys with it. */
public interface Handshake {

  /**
   * Prepares a run over a connection. Nothing is sent or read before {@link Run#secure} is
   * subscribed to.
   *
   * @param duplex the connection, just made; the caller's to close
   * @param role this side's part
   * @param limits bound what is read
   * @param stages is told of each stage that begins, on any thread
   * @return the run
   */
  Run over(ByteDuplex duplex, Role role, ReadLimits limits, Consumer<HandshakeStage> stages);

  /**
   * Makes what shows the bytes of a connection in a log, at trace level.
   *
   * @param log where to
   * @param connection what logs call the connection
   * @return the log of one connection; {@link WireLog#NONE}, the default, where nothing is shown
   */
  default WireLog wireLog(Logger log, String connection) {
    return WireLog.NONE;
  }

  /** One run over one connection. */
  interface Run {

    /**
     * Runs the handshake.
     *
     * <p>Emits once, on any thread, and completes; what came behind the handshake has been
     * {@linkplain ByteDuplex#unread unread} then. Errors with a {@link PeerException} that says
     * which rule the peer broke, or with what else failed. Cancelling stops it.
     *
     * @return what was agreed, the subscriber's to destroy; subscribe once
     */
    Mono<Secured> secure();

    /**
     * Sets the log that shows the bytes of this run's connection, so that it hears of it when the
     * records become others. Called before {@link #secure}.
     *
     * @param log what {@link Handshake#wireLog} made; by default it is not told
     */
    default void wireLog(WireLog log) {}

    /**
     * What it is waiting for, for people.
     *
     * @return a noun, as "the peer's session key"
     */
    String awaited();

    /**
     * Destroys all that a run holds that gave nothing, but for what can tell the peer why. For when
     * {@link #secure} has errored or was cancelled.
     *
     * @return seals a refusal, the caller's to destroy; null if nothing can be said, or must not
     */
    @Nullable RecordSealer release();
  }
}
