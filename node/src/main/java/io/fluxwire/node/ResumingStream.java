package io.fluxwire.node;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.node.proto.Data;
import io.fluxwire.node.proto.NodePkt;
import io.fluxwire.node.proto.Resume;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * One end of two streams, one each way, that outlive their connections: whoever receives says first
 * where it wants the other to begin. Packets are numbered and their bodies follow from the numbers,
 * so that the receiver knows each byte that is due.
 *
 * <p>One connection at a time: the newest one ends the one before, and begins when that has ended.
 */
final class ResumingStream {

  private final long ownSeed;
  private final long peersSeed;
  private final int maxBody;
  private final AtomicReference<@Nullable Run> latest = new AtomicReference<>();
  private final Sinks.Empty<Void> corrupted = Sinks.empty();
  private final Histogram gapNanos = new ConcurrentHistogram(3_600_000_000_000L, 3);
  private final AtomicLong connections = new AtomicLong();
  private volatile long made;
  private volatile long due;
  private final LongAdder bytes = new LongAdder();
  private volatile long lastArrival;
  private volatile boolean finishing;

  /**
   * One of the two ends.
   *
   * @param ownSeed decides the bodies sent; the other end has it as its peer's
   * @param peersSeed decides the bodies that are due
   * @param maxBody the size of the largest, in bytes
   */
  ResumingStream(long ownSeed, long peersSeed, int maxBody) {
    this.ownSeed = ownSeed;
    this.peersSeed = peersSeed;
    this.maxBody = maxBody;
  }

  /** Streams on this connection until it ends, which is not an error; closes it. */
  Mono<Void> on(PeerConnection<NodePkt> peer) {
    return Mono.defer(
        () -> {
          Run run = new Run(peer);
          Run before = latest.getAndSet(run);
          Mono<Void> ready = Mono.empty();
          if (before != null) {
            before.peer.dispose();
            ready = before.ended.asMono();
          }
          return ready
              .then(Mono.defer(run::stream))
              .onErrorResume(PeerException.class, ended -> Mono.empty())
              .then(peer.close())
              .doFinally(signal -> run.end());
        });
  }

  /** Errors when something came that was not due; never completes. */
  Mono<Void> corrupted() {
    return corrupted.asMono();
  }

  /** Makes no new packets from now on; those that got lost are made again. */
  void finish() {
    finishing = true;
  }

  /** The number of different packets made so far. */
  long made() {
    return made;
  }

  /** The number of packets that came, each as it was due. */
  long packets() {
    return due;
  }

  /** The bytes of their bodies. */
  long bytes() {
    return bytes.sum();
  }

  /** The number of connections that took part. */
  long connections() {
    return connections.get();
  }

  /** How long nothing has come. */
  Duration silence() {
    return Duration.ofNanos(System.nanoTime() - lastArrival);
  }

  /** How long nothing came, each time that a connection took over from another one. */
  Histogram gapNanos() {
    return gapNanos;
  }

  private static ByteString body(long seed, long number, int maxBody) {
    SplittableRandom random = new SplittableRandom(seed ^ (number * 0x9E3779B97F4A7C15L));
    byte[] body = new byte[random.nextInt(maxBody + 1)];
    random.nextBytes(body);
    return UnsafeByteOperations.unsafeWrap(body);
  }

  private final class Run {

    private final PeerConnection<NodePkt> peer;
    private final Sinks.Empty<Void> ended = Sinks.empty();
    private final Sinks.One<Long> resumeAt = Sinks.one();
    private volatile boolean flowing;

    Run(PeerConnection<NodePkt> peer) {
      this.peer = peer;
    }

    Mono<Void> stream() {
      connections.incrementAndGet();
      NodePkt resume = NodePkt.newBuilder().setResume(Resume.newBuilder().setNumber(due)).build();
      Flux<NodePkt> packets =
          Flux.concat(Mono.just(resume), resumeAt.asMono().flatMapMany(this::dataFrom));
      return Mono.when(peer.receive().doOnNext(this::arrived), peer.send(packets));
    }

    void end() {
      // The successor may start once nothing more can come here.
      peer.dispose();
      peer.onClose().subscribe(reason -> ended.tryEmitEmpty());
    }

    private Flux<NodePkt> dataFrom(long first) {
      return Flux.generate(
          () -> first,
          (number, sink) -> {
            if (finishing && number >= made) {
              sink.complete();
              return number;
            }
            made = Math.max(made, number + 1);
            Data data =
                Data.newBuilder().setNumber(number).setBody(body(ownSeed, number, maxBody)).build();
            sink.next(NodePkt.newBuilder().setData(data).build());
            return number + 1;
          });
    }

    private void arrived(NodePkt packet) {
      switch (packet.getPktCase()) {
        case RESUME -> resumeAt.tryEmitValue(packet.getResume().getNumber());
        case DATA -> check(packet.getData());
        default -> throw corruption("a packet of type " + packet.getPktCase());
      }
    }

    private void check(Data data) {
      if (data.getNumber() != due) {
        throw corruption("packet %,d where %,d was due".formatted(data.getNumber(), due));
      }
      if (!data.getBody().equals(body(peersSeed, due, maxBody))) {
        throw corruption("another body in packet %,d".formatted(due));
      }
      long now = System.nanoTime();
      if (!flowing) {
        flowing = true;
        if (due != 0) {
          gapNanos.recordValue(now - lastArrival);
        }
      }
      lastArrival = now;
      due = data.getNumber() + 1;
      bytes.add(data.getBody().size());
    }

    private IllegalStateException corruption(String what) {
      IllegalStateException failure = new IllegalStateException(peer.remoteId() + " sent " + what);
      corrupted.tryEmitError(failure);
      return failure;
    }
  }
}
