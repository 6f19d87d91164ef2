package io.fluxwire.node;

import com.google.protobuf.ByteString;
import io.fluxwire.PeerConnection;
import io.fluxwire.node.proto.Data;
import io.fluxwire.node.proto.NodePkt;
import io.fluxwire.node.proto.Ping;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Error;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * One end of the demo: sends numbered packets, checks the numbers of those that come, and pings.
 */
final class DemoStream {

  private static final Duration PING_INTERVAL = Duration.ofMillis(50);

  private final PeerConnection<NodePkt> peer;
  private final ByteString body;
  private final LongAdder packets = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final AtomicLong expectedNumber = new AtomicLong();
  private final Sinks.Empty<Void> greeted = Sinks.empty();
  private final Sinks.Empty<Void> failed = Sinks.empty();
  private final Histogram roundTripNanos = new ConcurrentHistogram(60_000_000_000L, 3);
  private volatile long latestRoundTrip;

  DemoStream(PeerConnection<NodePkt> peer, int size) {
    this.peer = peer;
    this.body = ByteString.copyFrom(new byte[size]);
    peer.receive().subscribe(this::arrived, failed::tryEmitError);
  }

  /** Says hello and waits for the peer's. */
  Mono<Void> hello() {
    NodePkt hello =
        NodePkt.newBuilder().setError(Error.newBuilder().setProblem(Hello.PROBLEM)).build();
    return peer.send(Mono.just(hello)).then(greeted.asMono());
  }

  /** Streams and pings until it is cancelled; errors when the stream breaks. */
  Mono<Void> run() {
    Flux<NodePkt> data =
        Flux.generate(
            () -> 0L,
            (number, sink) -> {
              sink.next(
                  NodePkt.newBuilder()
                      .setData(Data.newBuilder().setNumber(number).setBody(body))
                      .build());
              return number + 1;
            });
    Flux<NodePkt> pings =
        Flux.interval(PING_INTERVAL)
            .onBackpressureDrop()
            .map(
                tick ->
                    NodePkt.newBuilder()
                        .setPing(Ping.newBuilder().setNanos(System.nanoTime()))
                        .build());
    return Mono.when(failed.asMono(), peer.send(data), peer.send(pings));
  }

  private void arrived(NodePkt packet) {
    switch (packet.getPktCase()) {
      case DATA -> count(packet.getData());
      case PING ->
          peer.send(Mono.just(NodePkt.newBuilder().setPong(packet.getPing()).build()))
              .subscribe(null, failed::tryEmitError);
      case PONG -> {
        latestRoundTrip = System.nanoTime() - packet.getPong().getNanos();
        roundTripNanos.recordValue(latestRoundTrip);
      }
      case ERROR -> greeted.tryEmitEmpty();
      default -> throw new IllegalStateException("unexpected packet " + packet.getPktCase());
    }
  }

  private void count(Data data) {
    if (data.getNumber() != expectedNumber.getAndIncrement()) {
      throw new IllegalStateException(
          "packet %d came where %d was due".formatted(data.getNumber(), expectedNumber.get() - 1));
    }
    packets.increment();
    bytes.add(data.getBody().size());
  }

  long packets() {
    return packets.sum();
  }

  long bytes() {
    return bytes.sum();
  }

  double latestRoundTripMillis() {
    return latestRoundTrip / 1e6;
  }

  String roundTrips() {
    return "p50 %.2f ms, p99 %.2f ms, worst %.2f ms"
        .formatted(
            roundTripNanos.getValueAtPercentile(50) / 1e6,
            roundTripNanos.getValueAtPercentile(99) / 1e6,
            roundTripNanos.getMaxValue() / 1e6);
  }
}
