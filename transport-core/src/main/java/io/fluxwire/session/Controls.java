package io.fluxwire.session;

import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.Isolated;
import io.fluxwire.record.ControlListener;
import io.fluxwire.record.ControlSealer;
import io.fluxwire.record.ReadLimits;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
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

  Controls(Endpoint endpoint, UpgradePolicy policy) {
    this.endpoint = endpoint;
    ReadLimits others = endpoint.readLimits(endpoint.lifecycle()::fail);
    this.pongs = new Pongs(endpoint, others.gate());
    this.limits = new ReadLimits(pongs, others.timeout());
    this.pings = new Pings(endpoint);
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
