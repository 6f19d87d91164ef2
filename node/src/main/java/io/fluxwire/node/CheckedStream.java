package io.fluxwire.node;

import io.fluxwire.NodeId;
import io.fluxwire.channel.ChannelKey;
import io.fluxwire.channel.ChannelObserver;
import io.fluxwire.channel.Delivery;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.node.proto.NodePkt;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/**
 * One end of a channel: sends numbered packets as fast as the channel takes them, and checks each
 * byte of those that come. An observer of the channel, too, since it counts its connections.
 */
final class CheckedStream implements ChannelObserver {

  private static final Duration PROBE_INTERVAL = Duration.ofMillis(50);

  private final SoakPackets own;
  private final SoakPackets peers;
  private final LongConsumer onRoundTrip;
  private final Sinks.Empty<Void> acknowledged = Sinks.empty();
  private final Sinks.Empty<Void> broken = Sinks.empty();
  private final Histogram gapNanos = new ConcurrentHistogram(3_600_000_000_000L, 3);
  private final AtomicLong connections = new AtomicLong();
  private final LongAdder resent = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private volatile long sent;
  private volatile long due;
  private volatile long duplicates;
  private volatile long missing;
  private volatile long lastArrival = System.nanoTime();
  private volatile boolean flowing;
  private volatile boolean finishing;

  /**
   * One of the two ends.
   *
   * @param own what it sends
   * @param peers what is due to come
   * @param onRoundTrip is told now and then how long it took, in nanoseconds, until the peer had
   *     acknowledged what was stored
   */
  CheckedStream(SoakPackets own, SoakPackets peers, LongConsumer onRoundTrip) {
    this.own = own;
    this.peers = peers;
    this.onRoundTrip = onRoundTrip;
  }

  /** Streams over a new channel until that is closed; errors as {@link #broken} does. */
  Mono<Void> on(PeerChannel<NodePkt> channel) {
    Mono<Void> sending =
        channel
            // What a source gives at once is bounded, but it is not to keep an event loop for
            // itself.
            .send(packets().subscribeOn(Schedulers.parallel()))
            .flatMap(channel::acknowledged)
            .doOnSuccess(done -> acknowledged.tryEmitEmpty());
    Mono<Void> probing = probe(channel).then(Mono.delay(PROBE_INTERVAL)).repeat().then();
    return Mono.when(
            // Its end is the channel's, which the others tell.
            probing.onErrorComplete(),
            channel.receive().doOnNext(delivery -> arrived(delivery, channel.remoteId())),
            sending)
        .doOnError(broken::tryEmitError);
  }

  /** How long it takes until all that is stored at this moment is acknowledged. */
  private Mono<Void> probe(PeerChannel<NodePkt> channel) {
    return Mono.defer(
        () -> {
          long start = System.nanoTime();
          return channel
              .acknowledged(channel.stored().next())
              .doOnSuccess(done -> onRoundTrip.accept(System.nanoTime() - start));
        });
  }

  private Flux<NodePkt> packets() {
    return Flux.generate(
        () -> 0L,
        (number, sink) -> {
          if (finishing) {
            sink.complete();
          } else {
            sent = number + 1;
            sink.next(own.packet(number));
          }
          return number + 1;
        });
  }

  private void arrived(Delivery<NodePkt> delivery, NodeId from) {
    long number = due;
    String fault = peers.fault(delivery.packet(), number);
    if (fault != null) {
      recordFault(delivery.packet(), number);
      throw new IllegalStateException(from + " sent " + fault);
    }
    long now = System.nanoTime();
    if (!flowing) {
      flowing = true;
      if (number != 0) {
        gapNanos.recordValue(now - lastArrival);
      }
    }
    lastArrival = now;
    due = number + 1;
    bytes.add(delivery.packet().getData().getBody().size());
    delivery.acknowledge();
  }

  private void recordFault(NodePkt packet, long number) {
    if (packet.hasData()) {
      long came = packet.getData().getNumber();
      duplicates = came < number ? 1 : 0;
      missing = Math.max(came - number, 0);
    }
  }

  @Override
  public void onConnected(ChannelKey key, long waiting) {
    connections.incrementAndGet();
    flowing = false;
  }

  @Override
  public void onResent(ChannelKey key, long packets) {
    resent.add(packets);
  }

  /** Makes no more packets. */
  void finish() {
    finishing = true;
  }

  /**
   * Completes when the peer has acknowledged all, after {@link #finish}. Where the channel fails it
   * never ends, and {@link #broken} tells.
   */
  Mono<Void> acknowledged() {
    return acknowledged.asMono();
  }

  /** Errors when something came that was not due, or the channel fails; never completes. */
  Mono<Void> broken() {
    return broken.asMono();
  }

  /** How many packets it made. */
  long sent() {
    return sent;
  }

  /** How many came, each as it was due. */
  long delivered() {
    return due;
  }

  /** The bytes of their bodies. */
  long bytes() {
    return bytes.sum();
  }

  /** 1 if a packet came a second time, which ends the stream, else 0. */
  long duplicates() {
    return duplicates;
  }

  /** How many packets were missing before the one that came, which ends the stream. */
  long missing() {
    return missing;
  }

  /** How many times it sent a packet once more, over a later connection. */
  long resent() {
    return resent.sum();
  }

  /** Over how many connections the channel went. */
  long connections() {
    return connections.get();
  }

  /** How long nothing has come. */
  Duration silence() {
    return Duration.ofNanos(System.nanoTime() - lastArrival);
  }

  /** From the last packet before a reconnect to the first one behind it, once for each break. */
  Histogram gapNanos() {
    return gapNanos;
  }
}
