package io.fluxwire.session;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PacketException;
import io.fluxwire.PeerException;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import io.fluxwire.Undelivered;
import io.fluxwire.duplex.ByteDuplex;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.FailureText;
import io.fluxwire.memory.ByteBudget;
import io.fluxwire.memory.ReadGate;
import io.fluxwire.observe.SessionObserver;
import io.fluxwire.observe.Traffic;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.record.v3.Frames;
import io.fluxwire.timeout.RefreshableTimeout;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The sending half of a session and the one place that decides how it ends. The first reason wins,
 * but for a fault while this side closes in good order: that end was not good. Everything after it
 * only hastens the end.
 */
final class Link {

  /** How long a peer at fault may take to hear why. */
  private static final Duration LAST_WORDS_TIMEOUT = Duration.ofSeconds(1);

  /** How long answers may take that are under way when the peer ends. */
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(1);

  /** How long a peer whose input nobody wants may take to end. */
  private static final Duration UNWANTED_INPUT_TIMEOUT = Duration.ofSeconds(1);

  private static final String BROKEN_OFF = "the connection broke off without a word";
  private static final CloseReason BY_PEER = new CloseReason(Reason.CLOSED_BY_PEER, null);
  private static final CloseReason LOCAL = new CloseReason(Reason.CLOSED_LOCALLY, null);

  private final ByteDuplex duplex;
  private final PacketCodec<?> codec;
  private final SessionTimeouts timeouts;
  private final SessionObserver observer;
  private final ByteBudget.@Nullable Share share;
  private final AtomicReference<@Nullable CloseReason> reason = new AtomicReference<>();
  private final Sinks.One<CloseReason> closed = Sinks.one();
  private final Disposable.Composite deadlines = Disposables.composite();

  /** This side cut the connection off, so what breaks now is no news. */
  private volatile boolean cut;

  private volatile boolean inputUnwanted;
  private volatile boolean outputEnded;
  private volatile @Nullable SendQueue sends;
  private volatile @Nullable RecordWriter writer;
  private volatile @Nullable RefreshableTimeout idle;

  Link(ByteDuplex duplex, SessionSpec<?> spec, SessionObserver observer) {
    this.duplex = duplex;
    this.codec = spec.codec();
    this.timeouts = spec.timeouts();
    this.observer = observer;
    ByteBudget budget = spec.budget();
    this.share = budget == null ? null : budget.share(duplex.scheduler(), this::exhausted);
    duplex.onClose().subscribe(ignored -> {}, ignored -> closed(), this::closed);
  }

  SessionObserver observer() {
    return observer;
  }

  ByteDuplex duplex() {
    return duplex;
  }

  /** Starts the sending direction; destroys the sealer in the end. */
  void start(RecordSealer sealer) {
    SendQueue queue = new SendQueue(duplex.scheduler());
    sends = queue;
    RecordWriter records =
        new RecordWriter(
            duplex,
            sealer,
            timeouts.write(),
            share,
            new RecordWriter.Events() {
              @Override
              public void written() {
                active();
              }

              @Override
              public void drained() {
                endOutput();
              }

              @Override
              public void failed(Throwable failure) {
                fail(asPeerException(failure));
              }
            });
    writer = records;
    queue.subscribe(records);
    CloseReason ended = reason.get();
    if (ended != null) {
      queue.end(new SendEnd.Abort(asException(ended)));
    }
  }

  private void endOutput() {
    outputEnded = true;
    duplex.shutdownOutput();
    hurryIfUnwanted();
  }

  /** Nobody will read what still comes. */
  void inputUnwanted() {
    inputUnwanted = true;
    hurryIfUnwanted();
  }

  private void hurryIfUnwanted() {
    if (inputUnwanted && outputEnded) {
      cutAfter(UNWANTED_INPUT_TIMEOUT);
    }
  }

  /**
   * What bounds the reading of records.
   *
   * @param late is told when a record that has started is not whole in time
   */
  ReadLimits readLimits(Consumer<PeerException> late) {
    return new ReadLimits(share == null ? ReadGate.OPEN : share, () -> recordTimeout(late));
  }

  private @Nullable RefreshableTimeout recordTimeout(Consumer<PeerException> late) {
    Duration limit = timeouts.frame();
    return limit.isZero()
        ? null
        : RefreshableTimeout.suspended(
            duplex.scheduler(),
            limit,
            () ->
                late.accept(
                    new PeerTimeoutException(
                        Reason.FRAME_TIMEOUT,
                        "a frame was not whole within %d ms".formatted(limit.toMillis()))));
  }

  /** From now on packets have to come or go, and may be large. */
  void authenticated() {
    if (share != null) {
      share.authenticated();
    }
    awaitActivity();
  }

  private void awaitActivity() {
    Duration limit = timeouts.idle();
    if (!limit.isZero()) {
      RefreshableTimeout timer =
          RefreshableTimeout.start(
              duplex.scheduler(),
              limit,
              () ->
                  fail(
                      new PeerTimeoutException(
                          Reason.IDLE_TIMEOUT,
                          "no packet came or went for %d ms".formatted(limit.toMillis()))));
      idle = timer;
      if (duplex.isDisposed()) {
        // The end came before the timer did.
        timer.dispose();
      }
    }
  }

  /** A packet came or went. */
  void active() {
    RefreshableTimeout running = idle;
    if (running != null) {
      running.refresh();
    }
  }

  /** Sends packets; completes when all are written. */
  <T> Mono<Void> send(Publisher<? extends T> packets, PacketCodec<T> codec) {
    Traffic traffic = observer.traffic();
    return traffic == null
        ? send(packets, packet -> sized(codec.encode(packet, duplex.allocator())))
        : send(
            packets,
            packet -> {
              ByteBuf payload = sized(codec.encode(packet, duplex.allocator()));
              traffic.sent(payload.readableBytes());
              return payload;
            });
  }

  private <T> Mono<Void> send(Publisher<? extends T> packets, Function<T, ByteBuf> encoder) {
    SendQueue queue = sends;
    if (queue == null) {
      return Mono.error(new IllegalStateException("the session has no keys yet"));
    }
    return queue.send(packets, encoder);
  }

  /**
   * A codec's mistake fails the send that it belongs to; in the sealer it would end the session.
   */
  private static ByteBuf sized(ByteBuf payload) {
    int size = payload.readableBytes();
    if (size == 0 || size > Frames.MAX_PAYLOAD) {
      payload.release();
      throw new PacketException(
          size == 0 ? Reason.PAYLOAD_TOO_SHORT : Reason.PACKET_UNSENDABLE,
          "a payload has 1 byte to 1 MiB, this one has %,d bytes".formatted(size));
    }
    return payload;
  }

  /** Ends by a fault, and tells the peer where its reason is for it to hear. */
  void fail(PeerException cause) {
    CloseReason fault = CloseReason.of(cause);
    if (!endFor(fault)) {
      // Nothing more can come of draining.
      if (!cut && reason.compareAndSet(LOCAL, fault)) {
        observer.fault(cause);
        abort(cause);
      }
      return;
    }
    observer.fault(cause);
    SendQueue queue = sends;
    if (queue == null || !cause.reason().isToldToPeer()) {
      abort(cause);
      return;
    }
    ByteBuf words = lastWords(cause);
    if (words == null) {
      abort(cause);
      return;
    }
    cutAfter(LAST_WORDS_TIMEOUT);
    queue.end(new SendEnd.Replace(words, cause));
  }

  /** None if the codec has no words for it, or cannot find them. */
  private @Nullable ByteBuf lastWords(PeerException cause) {
    try {
      ByteBuf words = codec.encodeError(problem(cause), duplex.allocator());
      return words == null ? null : sized(words);
    } catch (Throwable thrown) {
      Callbacks.report("a codec", thrown);
      return null;
    }
  }

  /** Others wait for what it holds, so that it does not even drain after its peer's end. */
  private void exhausted(PeerException cause) {
    fail(cause);
    if (BY_PEER.equals(reason.get())) {
      abort(cause);
    }
  }

  private static String problem(PeerException cause) {
    // An impostor does not learn whom it had to be.
    return cause.reason() == Reason.NODE_ID_UNEXPECTED
        ? "another node was expected here"
        : String.valueOf(cause.getMessage());
  }

  /** Ends in good order, by this side. */
  void close() {
    if (endFor(LOCAL)) {
      SendQueue queue = beginDrain();
      if (queue != null) {
        queue.end(new SendEnd.Drain(asException(LOCAL)));
      }
    }
  }

  /** The peer's stream ended in good order, which its receiver is about to hear. */
  void peerEnded() {
    endFor(BY_PEER);
  }

  /**
   * Ends in good order, because the peer did and its receiver has heard it. Sends that are under
   * way may answer what the peer asked last.
   */
  void finishAfterPeer() {
    if (!BY_PEER.equals(reason.get())) {
      return;
    }
    SendQueue queue = beginDrain();
    if (queue != null) {
      queue.end(new SendEnd.DrainWhenIdle(asException(BY_PEER)));
      schedule(() -> queue.end(new SendEnd.Drain(asException(BY_PEER))), ANSWER_TIMEOUT);
    }
  }

  private @Nullable SendQueue beginDrain() {
    SendQueue queue = sends;
    if (queue == null) {
      cut();
    } else {
      cutAfter(timeouts.drain());
    }
    return queue;
  }

  /** Ends at once, by this side. */
  void dispose() {
    cut = true;
    endFor(LOCAL);
    abort(asException(LOCAL));
  }

  Mono<CloseReason> onClose() {
    return closed.asMono();
  }

  /** Errors with how it ended. */
  <T> Mono<T> ended() {
    return onClose().flatMap(why -> Mono.error(asException(why)));
  }

  /** What sends handed over and the socket never took; emits once that is settled. */
  Mono<Undelivered> undelivered() {
    Mono<Undelivered> counted = Mono.fromSupplier(this::countUndelivered);
    return closed
        .asMono()
        .then(
            // Behind the task that ends the sends.
            counted
                .subscribeOn(duplex.scheduler())
                .onErrorResume(RejectedExecutionException.class, loopIsGone -> counted));
  }

  private Undelivered countUndelivered() {
    SendQueue queue = sends;
    RecordWriter records = writer;
    return queue == null || records == null
        ? Undelivered.NOTHING
        : new Undelivered(queue.lost() + records.unwritten(), records.outstanding());
  }

  boolean isClosed() {
    return reason.get() != null;
  }

  /** How the receiving side learns of the end: null when it is in good order, or not yet. */
  @Nullable PeerException fault() {
    CloseReason ended = reason.get();
    return ended == null ? null : ended.cause();
  }

  private boolean endFor(CloseReason why) {
    return reason.compareAndSet(null, why);
  }

  /** Runs a task once what would be drained has had its time, unless it is closed before. */
  void afterDrainTimeout(Runnable task) {
    schedule(task, timeouts.drain());
  }

  private void cutAfter(Duration timeout) {
    schedule(this::cut, timeout);
  }

  private void schedule(Runnable task, Duration delay) {
    deadlines.add(duplex.scheduler().schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS));
  }

  private void cut() {
    cut = true;
    duplex.dispose();
  }

  private void abort(PeerException why) {
    SendQueue queue = sends;
    if (queue != null) {
      queue.end(new SendEnd.Abort(why));
    }
    duplex.dispose();
  }

  private void closed() {
    deadlines.dispose();
    RefreshableTimeout running = idle;
    if (running != null) {
      running.dispose();
    }
    ByteBudget.Share holding = share;
    if (holding != null) {
      holding.close();
    }
    CloseReason lost =
        CloseReason.of(new ConnectionClosedException(Reason.CONNECTION_LOST, BROKEN_OFF));
    CloseReason why = endFor(lost) ? lost : reason.get();
    if (why == null) {
      why = lost;
    }
    SendQueue queue = sends;
    if (queue != null) {
      queue.end(new SendEnd.Abort(asException(why)));
    }
    closed.tryEmitValue(why);
  }

  private static PeerException asException(CloseReason why) {
    PeerException cause = why.cause();
    return cause == null
        ? SendQueue.closed(why.reason())
        : new ConnectionClosedException(
            why.reason(), "the connection ended before all was sent: " + cause.getMessage(), cause);
  }

  /** What the transport or the application threw, as a type of ours. */
  static PeerException asPeerException(Throwable t) {
    if (t instanceof PeerException known) {
      return known;
    }
    if (t instanceof ClosedChannelException) {
      return new ConnectionClosedException(Reason.CONNECTION_LOST, BROKEN_OFF, t);
    }
    return t instanceof IOException
        ? new ConnectionClosedException(
            Reason.CONNECTION_LOST, "the connection was lost: " + FailureText.of(t), t)
        : applicationFailed(t);
  }

  /** As {@link #asPeerException}, of what no transport can have thrown. */
  static PeerException applicationFailed(Throwable t) {
    return t instanceof PeerException known
        ? known
        : new ConnectionClosedException(
            Reason.APPLICATION_ERROR, "the application failed: " + FailureText.withType(t), t);
  }
}
