package io.fluxwire.node;

import com.google.protobuf.ByteString;
import io.fluxwire.ChannelException;
import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.channel.ChannelKey;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.ChannelState;
import io.fluxwire.channel.ChannelStore;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.channel.StoredChannel;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.node.proto.NodePkt;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.page.NodeMonitor;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The one channel of a node that listens: standard input to its peer, and it to standard output.
 */
final class ChannelListen {

  private final Main main;
  private final String name;
  private final ChannelKey key;
  private final ChannelStore store;
  private final ChannelNotes notes;
  private final Lines lines = new Lines(System.in, LineRule.packets(LineFormat.LONGEST_TEXT));
  private final Sinks.Empty<Void> failed = Sinks.empty();
  private final AtomicReference<@Nullable Serving> serving = new AtomicReference<>();

  private record Serving(PeerChannel<NodePkt> channel, ChannelLines lines) {}

  /**
   * Reads standard input from now on.
   *
   * @param own who listens
   * @param peer who may dial
   */
  ChannelListen(Main main, ChannelOptions options, NodeId own, NodeId peer) {
    this.main = main;
    this.name = options.name();
    this.key = new ChannelKey(peer, own, name);
    this.store = options.store();
    this.notes = new ChannelNotes(main.err()::tell);
  }

  /** Looks whether the store is fit for use, before anybody dials; blocks. */
  void check() {
    ChannelState state =
        store.open(key).flatMap(opened -> opened.close().thenReturn(opened.state())).block();
    notes.opened(name, Objects.requireNonNull(state));
  }

  /** A server of the channel, and of nothing else; the monitor sees the channel. */
  PeerServer<NodePkt> server(NodeIdentity own, NodeMonitor monitor) {
    return PeerServer.create(own, PacketCodec.protobuf(NodePkt.getDefaultInstance()))
        .observe(notes)
        .channels(monitor.watch(ChannelSpec.of(this::open).observe(notes)), this::serve)
        .handle(
            peer -> {
              main.err().tell("a connection without --channel %s is closed".formatted(name));
              return Mono.empty();
            });
  }

  private Mono<StoredChannel> open(ChannelKey asked) {
    return asked.equals(key)
        ? store.open(key).doOnError(failed::tryEmitError)
        : Mono.error(
            new ChannelException(
                Reason.CHANNEL_UNSUPPORTED,
                "this node has no channel %s: give --channel its name".formatted(asked.name())));
  }

  private Mono<Void> serve(PeerChannel<NodePkt> channel) {
    ChannelLines both = new ChannelLines(channel, main.out());
    serving.set(new Serving(channel, both));
    channel.onClose().subscribe(null, failed::tryEmitError);
    Flux<ByteString> input = lines.read().concatMapIterable(batch -> batch, 1);
    return Mono.when(both.print(), both.send(input, () -> {}))
        .then(Mono.<Void>never())
        // Who waits for the command's end is told by the channel itself.
        .onErrorResume(PeerException.class, ended -> Mono.empty());
  }

  /** Errors when the channel cannot go on, or the input; never completes. */
  Mono<Void> failed() {
    return failed.asMono();
  }

  /** Closes the channel in good order. */
  Mono<Void> stop() {
    return Mono.defer(
        () -> {
          Serving now = serving.get();
          return now == null
              ? Mono.empty()
              : now.lines()
                  .stop()
                  .then(Mono.fromRunnable(() -> notes.stopped(now.channel().stored())));
        });
  }
}
