package io.fluxwire.channel;

import io.fluxwire.ChannelException;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.channel.ChannelConnection.Phase;
import io.fluxwire.channel.ChannelSpec.Disagreement;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.FailureText;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.record.ChannelFrame;
import io.fluxwire.record.Incarnation;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;

/**
 * The rules of a channel (protocol.md section 10) for one side, over one connection after the
 * other. All but {@link #execute} and {@link #signal} belongs to the channel's loop.
 */
final class ChannelProtocol<P> implements StoreWriter.Owner {

  /** So long the peer may take for its CHANNEL: 10 s. */
  static final long GREETING_MILLIS = 10_000;

  /** What ends with the channel. */
  @FunctionalInterface
  interface Owner {

    /**
     * The channel is over, and nobody uses the store any more.
     *
     * @param why null for an end in good order
     * @param delete whether the store is to be deleted
     */
    void finished(@Nullable PeerException why, boolean delete);
  }

  private final ChannelKey key;
  private final boolean dials;
  private final StoredChannel store;
  private final ChannelSpec spec;
  private final Owner owner;
  private final ChannelLoop loop;
  private final ChannelEvents events;
  private final StoreWriter writer;
  private final Sending<P> sending;
  private final Receiving<P> receiving;
  private final Acknowledgements acknowledgements = new Acknowledgements();
  private final AcknowledgementTimer acknowledgementTimer;
  private final Disposable.Swap greeting = Disposables.swap();
  private volatile @Nullable ChannelConnection current;
  private volatile boolean closing;
  private volatile boolean over;
  private boolean deletes;
  private boolean finished;
  private @Nullable PeerException cause;

  ChannelProtocol(
      ChannelKey key,
      boolean dials,
      StoredChannel store,
      ChannelSpec spec,
      PacketCodec<P> codec,
      Owner owner) {
    this.key = key;
    this.dials = dials;
    this.store = store;
    this.spec = spec;
    this.owner = owner;
    ChannelState state = store.state();
    this.loop = new ChannelLoop(this::advance, this::broken);
    this.events = new ChannelEvents(key, dials, spec, state);
    this.writer = new StoreWriter(store, loop, spec.timers(), this);
    this.acknowledgementTimer = new AcknowledgementTimer(spec.timers(), loop);
    this.sending = new Sending<>(codec, loop, spec.maxBytes(), state);
    this.receiving = new Receiving<>(codec, loop, state, spec.startAt(), this::reconnect);
    acknowledgements.completeUpTo(state.first());
  }

  void execute(Runnable task) {
    loop.execute(task);
  }

  void signal() {
    loop.signal();
  }

  Sending<P> sending() {
    return sending;
  }

  Receiving<P> receiving() {
    return receiving;
  }

  Acknowledgements acknowledgements() {
    return acknowledgements;
  }

  ChannelState stored() {
    return writer.stored();
  }

  boolean isEnding() {
    return closing || over;
  }

  boolean isConnected() {
    ChannelConnection now = current;
    return now != null && now.phase() == Phase.AGREED;
  }

  private void advance() {
    ChannelConnection now = current;
    if (!over) {
      if (now != null && mayDeliver(now)) {
        receiving.deliver(now);
      }
      events.delivered(receiving.takeDelivered());
      long taken = receiving.updateTaken();
      writer.raiseReceived(taken, receiving.skipped());
    }
    writer.advance(sending::collect);
    sending.advance(writer.stored().next());
    if (now != null && now == current) {
      proceed(now);
    }
    finish();
  }

  /** Does what waits for the store. */
  private void proceed(ChannelConnection now) {
    ChannelState stored = writer.stored();
    ChannelFrame theirs = now.theirs();
    if (now.phase() == Phase.STORING && stored.attempt() == now.attempt()) {
      greet(now, stored);
    }
    if (now.phase() == Phase.AGREEING && theirs != null && stored.peer().equals(theirs.own())) {
      agreed(now, theirs);
    }
    StoredPackets resending = now.resending();
    if (now.phase() == Phase.AGREED && resending != null) {
      long from = resending.position();
      resending.advance(stored.next());
      events.sent(from, resending.position());
      acknowledgementTimer.acknowledgeIfOwed(
          now, writer, receiving.hasTakenAll() && writer.isIdle());
    }
  }

  // Connections

  /** This side has dialled. */
  void dialled(ChannelLink link) {
    ChannelConnection next = replaceCurrent(link, writer.attempt() + 1, writer.peer(), null);
    if (next != null) {
      writer.setAttempt(next.attempt(), writer.peer());
      link.start(next);
      link.request(1);
    }
  }

  /** The peer has dialled, and said what it has. */
  @Nullable ChannelConnection accepted(ChannelLink link, ChannelFrame theirs) {
    if (over) {
      link.dispose();
      return null;
    }
    ChannelState stored = writer.stored();
    if (writer.peer().equals(theirs.own()) && theirs.attempt() <= writer.attempt()) {
      link.fail(Agreement.notNewest(theirs.attempt(), writer.attempt()));
      return null;
    }
    Incarnation known = writer.peerInStore();
    ChannelFrame ours = frame(stored, known, theirs.attempt());
    if (!Agreement.fits(ours, stored.first(), receiving.handedOver(), theirs)) {
      ChannelException why = new ChannelDisagreementException(ours, theirs);
      link.sendChannel(ours);
      link.fail(why);
      // Another store of the peer's must not end a connection that goes on.
      if (!isConnected()) {
        disagree(why);
      }
      return null;
    }
    return replaceCurrent(link, theirs.attempt(), known, theirs);
  }

  /** Ends what was there before: nothing of it counts any more. */
  private @Nullable ChannelConnection replaceCurrent(
      ChannelLink link, long attempt, Incarnation known, @Nullable ChannelFrame theirs) {
    if (over) {
      link.dispose();
      return null;
    }
    ChannelConnection before = current;
    if (before != null) {
      leave(before, true);
      before.link().fail(Agreement.takenOver());
    }
    ChannelConnection next = new ChannelConnection(link, attempt, known, this);
    current = next;
    if (theirs != null) {
      next.hear(theirs);
      writer.setAttempt(attempt, theirs.own());
    }
    greeting.update(
        spec.timers()
            .schedule(
                () -> execute(() -> greetingTimedOut(next)),
                GREETING_MILLIS,
                TimeUnit.MILLISECONDS));
    return next;
  }

  private void greetingTimedOut(ChannelConnection late) {
    if (current == late && late.phase() != Phase.AGREED) {
      fail(
          late,
          new ChannelException(
              Reason.HANDSHAKE_TIMEOUT,
              "the peer did not say within %d ms how far the channel is"
                  .formatted(GREETING_MILLIS)));
    }
  }

  private ChannelFrame frame(ChannelState stored, Incarnation known, long attempt) {
    return Agreement.frame(key.name(), stored, known, attempt);
  }

  private void greet(ChannelConnection now, ChannelState stored) {
    now.enter(now.theirs() == null ? Phase.SAID : Phase.AGREEING);
    now.say(frame(stored, now.known(), now.attempt()));
  }

  /** The peer has said CHANNEL over a connection that this side dialled. */
  void heard(ChannelConnection from, ChannelFrame theirs) {
    if (from != current) {
      return;
    }
    if (from.phase() != Phase.SAID
        || !theirs.name().equals(key.name())
        || theirs.attempt() != from.attempt()) {
      fail(
          from,
          new ChannelException(
              Reason.CHANNEL_OUT_OF_PLACE,
              "the peer's CHANNEL answers none of ours: it is of attempt %d, ours of %d"
                  .formatted(theirs.attempt(), from.attempt())));
      return;
    }
    ChannelFrame ours = from.ours();
    if (Agreement.fits(ours, writer.stored().first(), receiving.handedOver(), theirs)) {
      from.hear(theirs);
      from.enter(Phase.AGREEING);
      writer.setAttempt(from.attempt(), theirs.own());
    } else {
      ChannelException why = new ChannelDisagreementException(ours, theirs);
      from.link().fail(why);
      disagree(why);
    }
  }

  private void agreed(ChannelConnection now, ChannelFrame theirs) {
    now.enter(Phase.AGREED);
    greeting.update(Disposables.disposed());
    writer.deleteBelow(theirs.wanted());
    acknowledgements.completeUpTo(theirs.wanted());
    now.resend(new StoredPackets(store, loop, this::broken, theirs.wanted()));
    events.connected(theirs.wanted());
    loop.signal();
  }

  /** The peer wants what follows a number. */
  void acknowledged(ChannelConnection from, long next) {
    if (from != current) {
      return;
    }
    try {
      from.acceptAck(next);
    } catch (ChannelException e) {
      fail(from, e);
      return;
    }
    writer.deleteBelow(next);
    acknowledgements.completeUpTo(next);
  }

  /**
   * A packet has come. Any thread.
   *
   * @param payload lent
   * @return false when it has to wait, for packets before it, the channel or the application
   */
  boolean deliver(ChannelConnection from, ByteBuf payload) {
    return loop.tryRun(
        () ->
            from == current
                && mayDeliver(from)
                && !from.hasPacket()
                && receiving.deliver(from, payload));
  }

  /**
   * Whether packets of a connection may be delivered to the application: only once both sides
   * agree, and not while the channel closes, since each delivered packet adds an acknowledgement to
   * store, and a peer that keeps sending would keep the channel open.
   */
  private boolean mayDeliver(ChannelConnection from) {
    return !closing && from.phase() == Phase.AGREED;
  }

  /** A connection has ended. */
  void disconnected(ChannelConnection from, @Nullable Throwable fault) {
    if (from != current) {
      return;
    }
    Phase phase = from.phase();
    leave(from, false);
    ChannelException why = Agreement.judge(dials, phase, fault);
    if (why != null && why.reason() == Reason.CHANNEL_DISAGREEMENT) {
      disagree(why);
    } else if (why != null) {
      end(why);
    }
  }

  private void leave(ChannelConnection from, boolean superseded) {
    boolean was = from.phase() == Phase.AGREED;
    from.end();
    current = null;
    acknowledgementTimer.stop();
    greeting.update(Disposables.disposed());
    if (was) {
      events.disconnected(superseded);
    }
  }

  /** What a subscriber had and did not acknowledge comes again over another connection. */
  private void reconnect() {
    ChannelConnection now = current;
    if (now != null) {
      leave(now, false);
      now.link().close();
    }
  }

  private void fail(ChannelConnection from, PeerException fault) {
    leave(from, false);
    from.link().fail(fault);
  }

  // The store

  @Override
  public void writing() {
    events.writing();
  }

  @Override
  public void stored(List<byte[]> packets, long from) {
    events.stored(writer.stored());
    sending.stored(writer.stored());
    ChannelConnection now = current;
    StoredPackets resending = now == null ? null : now.resending();
    if (resending != null && !packets.isEmpty()) {
      resending.stored(packets, from);
    }
  }

  @Override
  public void full(ChannelStoreException failure) {
    events.storeFull(failure);
  }

  // The end

  private void disagree(ChannelException why) {
    events.disagreed(why);
    deletes = spec.disagreement() == Disagreement.BEGIN_ANEW && !writer.stored().isNew();
    end(why);
  }

  /** Something threw that must not, or the store failed. */
  @Override
  public void broken(Throwable thrown) {
    Callbacks.reportFatal("a channel", thrown);
    end(
        thrown instanceof PeerException known
            ? known
            : new ChannelException(
                Reason.CHANNEL_STORE_FAILED,
                "the channel's store failed: " + FailureText.withType(thrown),
                thrown));
  }

  /** Ends in good order: what was handed over is stored first. */
  void close() {
    if (!closing && !over) {
      closing = true;
      sending.drain(
          new ConnectionClosedException(
              Reason.CLOSED_LOCALLY, "this side closed the channel before all was stored"));
    }
  }

  /** Ends at once: what is not stored yet may be lost. */
  void end(@Nullable PeerException why) {
    if (over) {
      return;
    }
    over = true;
    cause = why;
    events.delivered(receiving.takeDelivered());
    ChannelConnection now = current;
    if (now != null) {
      leave(now, false);
      if (why == null) {
        now.link().close();
      } else {
        now.link().fail(why);
      }
    }
    writer.end();
    PeerException told =
        why == null
            ? new ConnectionClosedException(
                Reason.CLOSED_LOCALLY, "this side closed the channel before all was stored")
            : why;
    sending.end(told);
    acknowledgements.end(told);
    receiving.end(why);
    events.ended(why);
  }

  private void finish() {
    if (closing && !over && writer.isIdle()) {
      end(null);
    }
    if (over && !finished && writer.isQuiet()) {
      finished = true;
      owner.finished(cause, deletes);
    }
  }
}
