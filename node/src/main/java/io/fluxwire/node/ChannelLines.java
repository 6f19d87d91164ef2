package io.fluxwire.node;

import com.google.protobuf.ByteString;
import io.fluxwire.channel.ChannelState;
import io.fluxwire.channel.Delivery;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.node.proto.NodePkt;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/**
 * One side's lines over a channel: its input goes out, and what comes is printed. A line that came
 * is acknowledged once the system has taken it, never before, and none behind one that it did not
 * take.
 */
final class ChannelLines {

  /** How many lines may wait for standard output besides what it holds itself. */
  private static final int AHEAD = 8;

  private final PeerChannel<NodePkt> channel;
  private final Output out;
  private final AtomicLong unwritten = new AtomicLong();
  private final Sinks.Empty<Void> written = Sinks.empty();
  private volatile boolean stopping;

  /**
   * Does nothing yet.
   *
   * @param channel just opened
   * @param out has the peer's lines, and nobody else's
   */
  ChannelLines(PeerChannel<NodePkt> channel, Output out) {
    this.channel = channel;
    this.out = out;
  }

  /** Prints until it is stopped, or the output takes nothing more; errors with the channel. */
  Mono<Void> print() {
    return channel
        .receive()
        .publishOn(Schedulers.boundedElastic(), AHEAD)
        .takeWhile(this::show)
        .then();
  }

  /**
   * Sends lines.
   *
   * @param stored is told once all are stored
   * @return completes when the peer has acknowledged them, and all before them; errors with the
   *     channel, but not because of {@link #stop}, which it does not outlast
   */
  Mono<Void> send(Flux<ByteString> lines, Runnable stored) {
    return channel
        .send(lines.map(LineFormat::text))
        .doOnNext(next -> stored.run())
        .then(Mono.defer(() -> channel.acknowledged(channel.stored().next())))
        .onErrorResume(failure -> stopping ? Mono.never() : Mono.error(failure));
  }

  private boolean show(Delivery<NodePkt> delivery) {
    unwritten.incrementAndGet();
    boolean taken = !stopping && out.copy(line(delivery.packet()), () -> writtenOut(delivery));
    if (!taken) {
      settle();
    }
    return taken;
  }

  private static byte[] line(NodePkt packet) {
    return packet.hasText()
        ? packet.getText().getLineBytes().toByteArray()
        : ("(" + packet.getPktCase() + ")").getBytes(StandardCharsets.UTF_8);
  }

  private void writtenOut(Delivery<NodePkt> delivery) {
    delivery.acknowledge();
    settle();
  }

  private void settle() {
    if (unwritten.decrementAndGet() == 0 && stopping) {
      written.tryEmitEmpty();
    }
  }

  /**
   * Closes the channel in good order: what was read is stored, what is being printed is
   * acknowledged, if whoever reads takes it in time.
   *
   * @return completes when it is closed; never errors
   */
  Mono<Void> stop() {
    return Mono.defer(
        () -> {
          stopping = true;
          Mono<Void> settled = unwritten.get() == 0 ? Mono.empty() : written.asMono();
          return Mono.firstWithSignal(settled, out.failed().then())
              .timeout(StopSignal.DRAIN_TIMEOUT, Mono.empty())
              .then(channel.close());
        });
  }

  /** How many lines are stored that the peer has not acknowledged. */
  static long left(ChannelState state) {
    return state.next() - state.first();
  }
}
