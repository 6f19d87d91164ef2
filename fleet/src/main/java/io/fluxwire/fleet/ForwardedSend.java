package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.FailureText;
import io.fluxwire.internal.SerialExecutor;
import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.util.context.Context;

/**
 * One subscription of one send to a peer of another instance.
 *
 * <pre>
 * FINDING ──▶ OPENING ──▶ OPEN ──▶ OVER
 *    ▲           │
 *    └───────────┘ nothing of it was delivered
 * </pre>
 *
 * <p>Until the other instance has said that it has the peer, this keeps all packets, at most the
 * first window. They go to another instance only if the first one has said that it does not have
 * the peer, or cannot have received anything, so no packet is delivered twice. Everything happens
 * in turns of the executor.
 */
final class ForwardedSend<P> implements CoreSubscriber<P> {

  /** After how many ticks without an answer the send gives up. */
  private static final int SILENT_TICKS = 3;

  private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(500);

  private enum State {
    /** Asks which instance has the peer. */
    FINDING,
    /** The first packets are on their way to it. */
    OPENING,
    /** The instance has the peer, and grants how many packets may be sent. */
    OPEN,
    /** The sender has been told how it ended. */
    OVER
  }

  private final Forwarder<P> forwarder;
  private final NodeId peer;
  private final Flux<P> packets;
  private final boolean single;
  private final Duration wait;
  private final MonoSink<Void> sink;
  private final SerialExecutor serial = new SerialExecutor(this::broken);
  private final Disposable.Swap looking = Disposables.swap();

  // What follows is used only in the executor's turns.

  private State state = State.FINDING;

  // Of the source.
  private boolean subscribed;
  private @Nullable Subscription source;
  private boolean complete;
  private long requested;
  private long count;

  // Of the current stream, or of the next one while none is open.
  private @Nullable Holding to;
  private @Nullable FrameOutbox outbox;
  private long stream;
  private final List<ByteBuffer> kept = new ArrayList<>();
  private long granted;
  private long sent;

  /** How many packets are known to be written to the peer's socket. */
  private long written;

  private int silentTicks;

  // Of looking again.
  private long lookUntil;
  private Duration pause = Duration.ZERO;

  ForwardedSend(
      Forwarder<P> forwarder,
      NodeId peer,
      Flux<P> packets,
      boolean single,
      Duration wait,
      MonoSink<Void> sink) {
    this.forwarder = forwarder;
    this.peer = peer;
    this.packets = packets;
    this.single = single;
    this.wait = wait;
    this.sink = sink;
    this.granted = forwarder.spec().window();
  }

  void start() {
    sink.onCancel(() -> serial.execute(this::cancelled));
    serial.execute(() -> find(wait));
  }

  private long now() {
    return forwarder.spec().scheduler().now(TimeUnit.NANOSECONDS);
  }

  // The directory.

  private void find(Duration limit) {
    looking.update(
        forwarder
            .finder()
            .find(peer, limit)
            .map(row -> (Runnable) () -> open(row))
            .defaultIfEmpty(this::notHeld)
            .subscribe(serial::execute, failure -> serial.execute(() -> unfindable(failure))));
  }

  private void notHeld() {
    if (state == State.FINDING) {
      end(heldByNobody());
    }
  }

  private FleetSendException heldByNobody() {
    return new FleetSendException(
        Reason.PEER_NOT_HELD, "no instance of the fleet has node " + peer, 0, 0);
  }

  private void unfindable(Throwable failure) {
    if (state == State.FINDING) {
      end(
          new FleetSendException(
              Reason.FORWARDING_FAILED,
              "node %s cannot be looked up: %s".formatted(peer, FailureText.of(failure)),
              failure));
    }
  }

  /** Nothing of the stream was or will be delivered, so it is safe to look for another instance. */
  private void lookAgain(Holding wrong, FleetSendException ifTooLate) {
    forwarder.finder().forget(wrong);
    forwarder.close(stream);
    state = State.FINDING;
    outbox = null;
    sent = 0;
    if (pause.isZero()) {
      lookUntil = now() + forwarder.spec().lookAgain().toNanos();
      pause = FIRST_PAUSE;
    } else {
      Duration twice = pause.multipliedBy(2);
      pause = twice.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : twice;
    }
    Duration left = Duration.ofNanos(lookUntil - now());
    if (left.isNegative() || left.isZero()) {
      end(ifTooLate);
      return;
    }
    looking.update(
        Mono.delay(pause, forwarder.spec().scheduler())
            .subscribe(tick -> serial.execute(() -> find(left))));
  }

  // The stream.

  private void open(Holding row) {
    if (state != State.FINDING) {
      return;
    }
    state = State.OPENING;
    to = row;
    stream = forwarder.open(this);
    long opened = stream;
    outbox =
        new FrameOutbox(
            forwarder.bus(), row.instance(), serial, failure -> unsent(opened, failure));
    silentTicks = 0;
    if (subscribed) {
      List.copyOf(kept).forEach(this::transmit);
      endIfComplete();
    } else {
      subscribed = true;
      packets.subscribe(this);
    }
  }

  private void transmit(ByteBuffer payload) {
    Holding row = to;
    FrameOutbox out = outbox;
    if (row == null || out == null) {
      return;
    }
    long number = sent;
    sent++;
    forwarder.counters().forwarded.increment();
    out.add(
        number == 0
            ? new Frame.Open(stream, peer, row.epoch(), single, payload)
            : new Frame.Data(stream, number, payload));
  }

  private void endIfComplete() {
    FrameOutbox out = outbox;
    if (complete && !single && out != null) {
      out.add(new Frame.End(stream, count));
    }
  }

  private void unsent(long ofStream, Throwable failure) {
    FrameOutbox out = outbox;
    Holding row = to;
    if (ofStream != stream || out == null || row == null || state == State.OVER) {
      return;
    }
    FleetEngineException.Kind kind =
        failure instanceof FleetEngineException known
            ? known.kind()
            : FleetEngineException.Kind.FAILED;
    boolean nothingSent = out.taken() == 0 && kind != FleetEngineException.Kind.FAILED;
    if (nothingSent && kind == FleetEngineException.Kind.NO_MEMBER) {
      lookAgain(row, heldByNobody());
      return;
    }
    boolean surelyNot =
        nothingSent
            && (kind == FleetEngineException.Kind.TOO_LARGE
                || kind == FleetEngineException.Kind.LEFT);
    lost("the engine of the fleet did not take a packet: " + FailureText.of(failure), surelyNot);
  }

  /** The stream ends without an answer that says how. */
  private void lost(String what, boolean nothingSent) {
    end(
        new FleetSendException(
            Reason.FORWARDING_FAILED, what, written, nothingSent ? 0 : sent - written));
  }

  void answered(InstanceId from, Frame answer) {
    serial.execute(
        () -> {
          Holding row = to;
          boolean current = state == State.OPENING || state == State.OPEN;
          if (current && row != null && row.instance().equals(from) && answer.stream() == stream) {
            silentTicks = 0;
            answered(row, answer);
          }
        });
  }

  private void answered(Holding row, Frame answer) {
    if (answer instanceof Frame.Grant grant) {
      granted(grant.total(), grant.written());
    } else if (answer instanceof Frame.Status status) {
      granted(status.total(), status.written());
    } else if (answer instanceof Frame.Done) {
      end(null);
    } else if (answer instanceof Frame.NotHere && state == State.OPENING) {
      forwarder.counters().misses.increment();
      lookAgain(row, heldByNobody());
    } else if (answer instanceof Frame.Failed failed) {
      failed(row, failed);
    }
  }

  private void granted(long total, long writtenNow) {
    state = State.OPEN;
    kept.clear();
    written = Math.max(written, Math.min(writtenNow, sent));
    granted = Math.max(granted, total);
    requestMore();
  }

  private void failed(Holding row, Frame.Failed failed) {
    if (failed.failure() == Frame.Failure.BUSY && failed.handed() == 0 && state == State.OPENING) {
      lookAgain(row, new FleetSendException(Reason.FORWARDING_FAILED, full(row), 0, 0));
      return;
    }
    written = Math.max(written, Math.min(failed.written(), sent));
    long unknown = Math.max(0, Math.min(failed.handed(), sent) - written);
    end(
        switch (failed.failure()) {
          case CONNECTION_ENDED ->
              new FleetSendException(
                  Reason.CONNECTION_LOST,
                  "the connection of node %s to instance %s ended".formatted(peer, row.instance()),
                  written,
                  unknown);
          case UNSENDABLE ->
              new FleetSendException(
                  Reason.PACKET_UNSENDABLE,
                  "instance %s could not send a packet, see its log".formatted(row.instance()),
                  written,
                  unknown);
          case BUSY, LOST ->
              new FleetSendException(
                  Reason.FORWARDING_FAILED,
                  failed.failure() == Frame.Failure.BUSY
                      ? full(row)
                      : "a packet did not reach instance " + row.instance(),
                  written,
                  unknown);
        });
  }

  private static String full(Holding row) {
    return "instance %s holds as many forwarded bytes as it may".formatted(row.instance());
  }

  void members(Set<InstanceId> members) {
    serial.execute(
        () -> {
          Holding row = to;
          boolean current = state == State.OPENING || state == State.OPEN;
          if (!current || row == null || members.contains(row.instance())) {
            return;
          }
          if (sent == 0) {
            lookAgain(row, heldByNobody());
          } else {
            lost("instance %s left the fleet".formatted(row.instance()), false);
          }
        });
  }

  void tick() {
    serial.execute(
        () -> {
          FrameOutbox out = outbox;
          if (out == null || sent == 0 || (state != State.OPENING && state != State.OPEN)) {
            return;
          }
          silentTicks++;
          if (silentTicks > SILENT_TICKS) {
            lost("instance %s does not answer".formatted(out.to()), false);
          } else {
            out.addLatest(new Frame.Probe(stream, sent, complete ? count : 0));
          }
        });
  }

  // The source.

  @Override
  public Context currentContext() {
    return Context.of(sink.contextView());
  }

  @Override
  public void onSubscribe(Subscription s) {
    serial.execute(
        () -> {
          if (state == State.OVER) {
            s.cancel();
          } else {
            source = s;
            requestMore();
          }
        });
  }

  private void requestMore() {
    Subscription from = source;
    if (from != null && requested < granted) {
      long more = granted - requested;
      requested = granted;
      from.request(more);
    }
  }

  @Override
  public void onNext(P packet) {
    serial.execute(
        () -> {
          if (state == State.OVER || complete) {
            Callbacks.run("releasing a packet", () -> ReferenceCountUtil.release(packet));
          } else {
            taken(packet);
          }
        });
  }

  private void taken(P packet) {
    ByteBuffer payload;
    try {
      payload = forwarder.encode(packet);
      checkSize(payload);
    } catch (Throwable thrown) {
      Callbacks.reportFatal("a codec", thrown);
      sourceFailed(thrown);
      return;
    }
    count++;
    complete = single;
    if (state != State.OPEN) {
      kept.add(payload);
    }
    if (state != State.FINDING) {
      transmit(payload);
    }
  }

  private void checkSize(ByteBuffer payload) {
    int most = forwarder.bus().maxMessage() - FleetFrames.OVERHEAD;
    if (payload.remaining() > most) {
      throw new PacketException(
          Reason.PACKET_UNSENDABLE,
          "a packet of %,d bytes is for a peer of another instance, and the fleet's engine takes %,d; split it"
              .formatted(payload.remaining(), most));
    }
  }

  @Override
  public void onError(Throwable t) {
    serial.execute(() -> sourceFailed(t));
  }

  /** Packets before the error are still sent, as on a connection. */
  private void sourceFailed(Throwable thrown) {
    if (state == State.OVER) {
      return;
    }
    FrameOutbox out = outbox;
    if (out != null && sent > 0) {
      out.add(new Frame.End(stream, sent));
    }
    end(thrown);
  }

  @Override
  public void onComplete() {
    serial.execute(
        () -> {
          source = null;
          if (state == State.OVER || complete) {
            return;
          }
          complete = true;
          if (count == 0) {
            end(null);
          } else if (state != State.FINDING) {
            endIfComplete();
          }
        });
  }

  // The end.

  private void cancelled() {
    if (state == State.OVER) {
      return;
    }
    FrameOutbox out = outbox;
    if (out != null && sent > 0) {
      out.clear();
      out.add(new Frame.Cancel(stream));
    }
    over();
  }

  private void broken(Throwable thrown) {
    Callbacks.report("a forwarded send", thrown);
    end(thrown);
  }

  private void end(@Nullable Throwable failure) {
    if (state == State.OVER) {
      return;
    }
    over();
    if (failure == null) {
      sink.success();
    } else {
      sink.error(failure);
    }
  }

  private void over() {
    state = State.OVER;
    kept.clear();
    looking.dispose();
    forwarder.close(stream);
    Subscription from = source;
    source = null;
    if (from != null) {
      from.cancel();
    }
  }
}
