package io.fluxwire.node;

import com.google.protobuf.ByteString;
import io.fluxwire.PeerConnection;
import io.fluxwire.node.proto.Data;
import io.fluxwire.node.proto.NodePkt;
import io.fluxwire.node.proto.Ping;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Error;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * One end of the demo: says hello, sends numbered packets, checks the numbers of those that come,
 * and pings. On the next connection it begins anew, and counts on.
 */
final class DemoStream {

  private static final Duration PING_INTERVAL = Duration.ofMillis(50);

  private final ByteString body;
  private final LongConsumer onRoundTrip;
  private final LongAdder packets = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final Sinks.Empty<Void> greeted = Sinks.empty();
  private final Sinks.Empty<Void> broken = Sinks.empty();
  private final Histogram roundTripNanos = new ConcurrentHistogram(60_000_000_000L, 3);
  private volatile long latestRoundTrip;

  /**
   * An end.
   *
   * @param size the size of a packet's body, in bytes
   * @param onRoundTrip is told how long each ping took, in nanoseconds
   */
  DemoStream(int size, LongConsumer onRoundTrip) {
    this.body = ByteString.copyFrom(new byte[size]);
    this.onRoundTrip = onRoundTrip;
  }

  /** Streams on this connection until it is cancelled; errors when the connection ends. */
  Mono<Void> on(PeerConnection<NodePkt> peer) {
    return Mono.defer(() -> new Run(peer).stream());
  }

  /** Completes when the peer has said hello for the first time. */
  Mono<Void> greeted() {
    return greeted.asMono();
  }

  /** Errors when a packet came that was not due; never completes. */
  Mono<Void> broken() {
    return broken.asMono();
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

  private final class Run {

    private final PeerConnection<NodePkt> peer;
    private final Sinks.Empty<Void> helloCame = Sinks.empty();
    private final Sinks.Empty<Void> failed = Sinks.empty();
    private long due;

    Run(PeerConnection<NodePkt> peer) {
      this.peer = peer;
    }

    Mono<Void> stream() {
      NodePkt hello =
          NodePkt.newBuilder().setError(Error.newBuilder().setProblem(Hello.PROBLEM)).build();
      Mono<Void> sending =
          peer.sendOne(hello)
              .then(helloCame.asMono())
              .then(Mono.defer(() -> Mono.when(peer.send(data()), peer.send(pings()))));
      // Data never end of themselves: that the peer's did is the end of the connection.
      return Mono.when(peer.receive().doOnNext(this::arrived), sending, failed.asMono());
    }

    private Flux<NodePkt> data() {
      return Flux.generate(
          () -> 0L,
          (number, sink) -> {
            sink.next(
                NodePkt.newBuilder()
                    .setData(Data.newBuilder().setNumber(number).setBody(body))
                    .build());
            return number + 1;
          });
    }

    private Flux<NodePkt> pings() {
      return Flux.interval(PING_INTERVAL)
          .onBackpressureDrop()
          .map(
              tick ->
                  NodePkt.newBuilder()
                      .setPing(Ping.newBuilder().setNanos(System.nanoTime()))
                      .build());
    }

    private void arrived(NodePkt packet) {
      switch (packet.getPktCase()) {
        case DATA -> count(packet.getData());
        case PING ->
            peer.sendOne(NodePkt.newBuilder().setPong(packet.getPing()).build())
                .subscribe(null, failed::tryEmitError);
        case PONG -> {
          latestRoundTrip = System.nanoTime() - packet.getPong().getNanos();
          roundTripNanos.recordValue(latestRoundTrip);
          onRoundTrip.accept(latestRoundTrip);
        }
        case ERROR -> {
          helloCame.tryEmitEmpty();
          greeted.tryEmitEmpty();
        }
        default -> throw notDue("a packet of type " + packet.getPktCase());
      }
    }

    private void count(Data data) {
      if (data.getNumber() != due) {
        throw notDue("packet %,d where %,d was due".formatted(data.getNumber(), due));
      }
      due++;
      packets.increment();
      bytes.add(data.getBody().size());
    }

    private IllegalStateException notDue(String what) {
      IllegalStateException failure = new IllegalStateException(peer.remoteId() + " sent " + what);
      broken.tryEmitError(failure);
      return failure;
    }
  }
}
