package io.fluxwire.session;

import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.Isolated;
import io.fluxwire.record.ChannelFrame;
import io.fluxwire.record.ChannelListener;
import io.fluxwire.record.ControlListener;
import io.fluxwire.record.ControlSealer;
import io.fluxwire.record.ReadLimits;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/** What an upgraded session says and hears beside packets (protocol.md section 9.4). */
final class Controls implements ControlListener {

  /** How many renewals of keys may be on their way: 64. */
  static final int MAX_ROTATIONS = 64;

  private final Endpoint endpoint;
  private final Pings pings;
  private final KeepAlive keepAlive;
  private final ReadLimits limits;
  private final Pongs pongs;
  private final AtomicInteger rotations = new AtomicInteger();
  private final Acknowledgements acknowledgements;
  private final AtomicBoolean channelSaid = new AtomicBoolean();
  private volatile ChannelListener channel = ControlListener.NONE;

  Controls(Endpoint endpoint, UpgradePolicy policy) {
    this.endpoint = endpoint;
    ReadLimits others = endpoint.readLimits(endpoint.lifecycle()::fail);
    this.pongs = new Pongs(endpoint, others.gate());
    this.limits = new ReadLimits(pongs, others.timeout());
    this.pings = new Pings(endpoint);
    this.acknowledgements = new Acknowledgements(endpoint);
    this.keepAlive =
        new KeepAlive(endpoint, pings, policy.keepAliveInterval(), policy.keepAliveTimeout());
  }

  /** Begins; on the duplex's scheduler. */
  void start() {
    keepAlive.start();
    endpoint
        .lifecycle()
        .onRelease()
        .subscribe(
            ignored -> {
              keepAlive.release();
              pongs.release();
            });
  }

  /** What bounds the reading of records, the pings in them included. */
  ReadLimits readLimits() {
    return limits;
  }

  /** The same bytes, looked after for signs of life. */
  Flux<ByteBuf> watch(Flux<ByteBuf> source) {
    return keepAlive.watch(source);
  }

  @Override
  public void onRecord() {
    keepAlive.heard();
  }

  @Override
  public boolean onPing(long value) {
    keepAlive.peerAsks();
    return pongs.asked(value);
  }

  @Override
  public void onPong(long value) {
    pings.answered(value);
  }

  @Override
  public void onChannel(ChannelFrame frame) {
    channel.onChannel(frame);
  }

  @Override
  public void onAcknowledged(long next) {
    channel.onAcknowledged(next);
  }

  /** Sets who is told of a channel's frames. */
  void channelListener(ChannelListener listener) {
    channel = listener;
  }

  /** Acknowledges packets of a channel. */
  void acknowledge(long next) {
    acknowledgements.acknowledge(next);
  }

  /** Completes once the frame is written. */
  Mono<Void> channel(ChannelFrame frame) {
    return Isolated.mono(endpoint.<Void>ended().or(Mono.create(sink -> sayChannel(frame, sink))));
  }

  private void sayChannel(ChannelFrame frame, MonoSink<Void> sink) {
    if (!channelSaid.compareAndSet(false, true)) {
      sink.error(new IllegalStateException("a connection has one CHANNEL"));
      return;
    }
    endpoint.execute(
        () ->
            endpoint
                .outbound()
                .say(
                    control -> control.channel(frame),
                    () -> Callbacks.run("a channel", sink::success)));
  }

  /** Emits how long the peer's answer took. */
  Mono<Duration> ping() {
    return Isolated.mono(pings.ping());
  }

  /** Completes once the records under the old keys are written. */
  Mono<Void> rotateKeys() {
    return Isolated.mono(endpoint.<Void>ended().or(Mono.create(this::rotate)));
  }

  private void rotate(MonoSink<Void> sink) {
    if (rotations.incrementAndGet() > MAX_ROTATIONS) {
      rotations.decrementAndGet();
      sink.error(new IllegalStateException(MAX_ROTATIONS + " renewals are not written yet"));
      return;
    }
    endpoint.execute(
        () ->
            endpoint
                .outbound()
                .say(
                    ControlSealer::rotate,
                    () -> {
                      rotations.decrementAndGet();
                      Callbacks.run("who renewed keys", sink::success);
                    }));
  }
}
