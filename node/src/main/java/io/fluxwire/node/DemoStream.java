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
 * and pings. The end that opens measures round trips before it sends a stream, behind which a ping
 * would wait; the other end streams once that stream comes. On the next connection both begin anew,
 * and count on.
 */
final class DemoStream {

  private static final Duration PING_INTERVAL = Duration.ofMillis(50);

  /** Pings that nobody counts: the code they run through is still being compiled. */
  static final int WARM_UP = 200;

  static final int MEASURED = 200;

  /** Which end this is. */
  enum Role {
    /** Measures, and then streams. */
    OPENS,
    /** Streams when the other end does. */
    FOLLOWS
  }

  private final Role role;
  private final ByteString body;
  private final LongConsumer onRoundTrip;
  private final LongAdder packets = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final Sinks.Empty<Void> greeted = Sinks.empty();
  private final Sinks.Empty<Void> broken = Sinks.empty();
  private final Sinks.Empty<Void> started = Sinks.empty();
  private final Histogram idleNanos = new ConcurrentHistogram(60_000_000_000L, 3);
  private final Histogram busyNanos = new ConcurrentHistogram(60_000_000_000L, 3);
  private volatile boolean measured;

  /**
   * An end.
   *
   * @param role which of the two
   * @param size the size of a packet's body, in bytes
   * @param onRoundTrip is told how long each ping took, in nanoseconds
   */
  DemoStream(Role role, int size, LongConsumer onRoundTrip) {
    this.role = role;
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

  /** Completes when the peer's stream has begun for the first time. */
  Mono<Void> started() {
    return started.asMono();
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

  /** How long pings took before the stream, for a person. */
  String idleRoundTrips() {
    return "p50 %.2f ms, p99 %.2f ms".formatted(millis(idleNanos, 50), millis(idleNanos, 99));
  }

  /** How long a ping takes, in the middle, behind all of the stream that is on its way. */
  double busyRoundTripMillis() {
    return millis(busyNanos, 50);
  }

  private static double millis(Histogram nanos, double percentile) {
    return nanos.getValueAtPercentile(percentile) / 1e6;
  }

  private final class Run {

    private final PeerConnection<NodePkt> peer;
    private final Sinks.Empty<Void> helloCame = Sinks.empty();
    private final Sinks.Empty<Void> failed = Sinks.empty();
    private final Sinks.Empty<Void> dataCame = Sinks.empty();
    // One at a time: the next ping goes when it is there.
    private final Sinks.Many<Long> pongs = Sinks.many().unicast().onBackpressureBuffer();
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
              .then(role == Role.OPENS ? measure() : dataCame.asMono())
              .then(Mono.defer(() -> Mono.when(peer.send(data()), peer.send(pings()))));
      // Data never end of themselves: that the peer's did is the end of the connection.
      return Mono.when(peer.receive().doOnNext(this::arrived), sending, failed.asMono());
    }

    /** Round trips on a connection that does nothing else; once, whatever is lost later. */
    private Mono<Void> measure() {
      if (measured) {
        return Mono.empty();
      }
      Flux<Long> came =
          pongs
              .asFlux()
              .take(WARM_UP + MEASURED)
              .index(
                  (number, nanos) -> {
                    if (number >= WARM_UP) {
                      idleNanos.recordValue(nanos);
                    }
                    return number;
                  })
              .doOnComplete(() -> measured = true);
      return peer.sendOne(ping())
          .thenMany(came)
          .concatMap(
              number -> number + 1 < WARM_UP + MEASURED ? peer.sendOne(ping()) : Mono.empty())
          .then();
    }

    private NodePkt ping() {
      return NodePkt.newBuilder().setPing(Ping.newBuilder().setNanos(System.nanoTime())).build();
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
      return Flux.interval(PING_INTERVAL).onBackpressureDrop().map(tick -> ping());
    }

    private void arrived(NodePkt packet) {
      switch (packet.getPktCase()) {
        case DATA -> count(packet.getData());
        case PING ->
            peer.sendOne(NodePkt.newBuilder().setPong(packet.getPing()).build())
                .subscribe(null, failed::tryEmitError);
        case PONG -> ponged(System.nanoTime() - packet.getPong().getNanos());
        case ERROR -> {
          helloCame.tryEmitEmpty();
          greeted.tryEmitEmpty();
        }
        default -> throw notDue("a packet of type " + packet.getPktCase());
      }
    }

    private void ponged(long nanos) {
      onRoundTrip.accept(nanos);
      if (measured || role == Role.FOLLOWS) {
        busyNanos.recordValue(nanos);
      } else {
        pongs.tryEmitNext(nanos);
      }
    }

    private void count(Data data) {
      if (data.getNumber() != due) {
        throw notDue("packet %,d where %,d was due".formatted(data.getNumber(), due));
      }
      if (due++ == 0) {
        dataCame.tryEmitEmpty();
        started.tryEmitEmpty();
      }
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
