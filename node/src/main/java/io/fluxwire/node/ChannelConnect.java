package io.fluxwire.node;

import com.google.protobuf.ByteString;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.node.proto.NodePkt;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Standard input to a peer over a channel, and the peer to standard output. */
final class ChannelConnect {

  private final Main main;
  private final ChannelOptions options;
  private final boolean resumesInput;
  private final ChannelNotes notes;

  /**
   * Does nothing yet.
   *
   * @param resumesInput whether the input begins with the lines that are stored already
   */
  ChannelConnect(Main main, ChannelOptions options, boolean resumesInput) {
    this.main = main;
    this.options = options;
    this.resumesInput = resumesInput;
    this.notes = new ChannelNotes(main.err()::tell);
  }

  /** Completes when all lines are acknowledged, or what can be is stored after a stop. */
  Mono<Void> run(PeerClient<NodePkt> client, Lines lines, Mono<Void> stop) {
    return client
        .doOnDial(notes::heard)
        .observe(notes)
        .channel(options.name(), ChannelSpec.of(options.store()).observe(notes))
        .flatMap(channel -> talk(channel, lines, stop));
  }

  private Mono<Void> talk(PeerChannel<NodePkt> channel, Lines lines, Mono<Void> stop) {
    notes.opened(options.name(), channel.stored());
    ChannelLines both = new ChannelLines(channel, main.out());
    Flux<ByteString> input = lines.read().concatMapIterable(batch -> batch, 1);
    Mono<Void> sent =
        both.send(
                resumesInput ? input.skip(channel.stored().next()) : input,
                () -> inputEnded(channel))
            .then(both.stop());
    Mono<Void> stopped =
        stop.then(both.stop()).then(Mono.fromRunnable(() -> notes.stopped(channel.stored())));
    // Whoever reads may go before the input ends; that stops the command, which printing does not.
    return Mono.firstWithSignal(sent, stopped, both.print().then(Mono.never()));
  }

  private void inputEnded(PeerChannel<NodePkt> channel) {
    if (!channel.isConnected()) {
      notes.inputEnded(channel.stored());
    }
  }
}
