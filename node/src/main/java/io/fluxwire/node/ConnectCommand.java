package io.fluxwire.node;

import com.google.protobuf.ByteString;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.internal.AddressText;
import io.fluxwire.internal.FailureText;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.node.proto.NodePkt;
import io.fluxwire.node.proto.Text;
import io.fluxwire.packet.PacketCodec;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Standard input to a peer, and a peer to standard output. */
@Command(
    name = "connect",
    description = {
      "Connect to a peer: lines of standard input go out as packets, packets that come are printed.",
      "The end of input drains and closes; answers that are on their way are still printed.",
      "A line is up to 1 MiB of any bytes, and ends at a line feed; a longer one ends the input and",
      "is a failure. What comes is printed byte for byte, but on a terminal U+FFFD is in the place of",
      "what a terminal would act on. While nobody reads what is printed, the peer waits.",
      "Told to stop (Ctrl-C), it gives what is on its way 2 s to go out; a line of standard error",
      "says what did not. The exit code is 0 all the same.",
      "",
      "With --channel no line is lost or repeated on its way, whichever side is killed: it dials until",
      "it is through, and ends when the input has ended and the other side has printed all of it, or",
      "when told to stop: what is stored by then goes with the next start, which says how many lines",
      "that is. What was read and not stored when it is killed has to come again: --resume-input",
      "does that with a file. What comes is acknowledged once it is written; killed just between the",
      "two, it prints these last lines once more at its next start.",
      "",
      "  ./fluxwire connect host:9735 --channel log --store ./sent --key bob.key \\",
      "      --expect $(./fluxwire id alice.key) --resume-input < lines.txt"
    })
final class ConnectCommand implements Callable<Integer> {

  /** Around a line in its packet are two tags, of two bytes and one, and two lengths of three. */
  static final int LONGEST_LINE = (1 << 20) - 9;

  /** How many packets may wait for standard output besides what it holds itself. */
  private static final int AHEAD = 8;

  @ParentCommand private Main main;
  @Spec private CommandSpec spec;
  @Mixin private RemoteOptions remote;
  @Mixin private KeepAliveOption keepAlive;
  @Mixin private ChannelOptions channel;

  @Option(
      names = "--reconnect",
      description = {
        "Dial again when the peer cannot be reached or the connection ends, for as long as input may",
        "come or is left to send; when there is none and nobody is there, it has failed. Standard",
        "error says when the peer stops being there, and when it is back. Lines that were on their",
        "way when a connection broke may be lost."
      })
  private boolean reconnect;

  @Option(
      names = "--resume-input",
      description = {
        "With --channel: the input is the same as before from its beginning, such as a file; lines",
        "that are stored already are left out."
      })
  private boolean resumesInput;

  @Override
  public Integer call() throws IOException {
    remote.check(channel);
    if (resumesInput && !channel.isGiven()) {
      throw new ParameterException(
          spec.commandLine(), "--resume-input needs --channel, which knows what was sent");
    }
    Mono<Void> stop = main.stop();
    PacketCodec<NodePkt> codec = PacketCodec.protobuf(NodePkt.getDefaultInstance());
    PeerClient<NodePkt> client = remote.client(codec, keepAlive.value());
    Lines lines = new Lines(System.in, LONGEST_LINE);
    Mono<Void> talking;
    if (channel.isGiven()) {
      talking = new ChannelConnect(main, channel, resumesInput).run(client, lines, stop);
    } else if (reconnect) {
      talking = talkAgainAndAgain(client, lines, stop);
    } else {
      talking = client.connect().takeUntilOther(stop).flatMap(peer -> talk(peer, lines, stop));
    }
    talking.onErrorResume(failure -> remote.allClosed().then(Mono.error(failure))).block();
    Throwable failure = lines.failure();
    if (failure != null) {
      throw new IOException(FailureText.of(failure), failure);
    }
    return 0;
  }

  private Mono<Void> talkAgainAndAgain(PeerClient<NodePkt> client, Lines lines, Mono<Void> stop) {
    Redialling redialling = new Redialling(main.err()::tell, lines::isExhausted);
    Disposable inputEnd = lines.allRead().subscribe(null, null, redialling::inputEnded);
    return client
        .doOnDial(redialling::heard)
        .connections()
        .takeUntilOther(Mono.firstWithSignal(stop, redialling.inVain()))
        .concatMap(
            peer -> {
              redialling.connected();
              return talk(peer, lines, stop)
                  .onErrorResume(PeerException.class, failure -> dialAgain(failure, lines))
                  .doOnTerminate(redialling::disconnected)
                  .thenReturn(peer);
            },
            0)
        .takeUntil(peer -> lines.isDone())
        .doFinally(signal -> inputEnd.dispose())
        .then();
  }

  /** Not for the sake of lines that are lost: what is left of them decides. */
  private Mono<Void> dialAgain(PeerException failure, Lines lines) {
    if (lines.isExhausted()) {
      return Mono.error(failure);
    }
    main.err().tell(Failures.describe(failure) + "; dialling again (-v tells how)");
    return Mono.empty();
  }

  private Mono<Void> talk(PeerConnection<NodePkt> peer, Lines lines, Mono<Void> stop) {
    main.err()
        .tell(
            "connected to %s at %s%s"
                .formatted(
                    peer.remoteId(),
                    AddressText.of(peer.remoteAddress()),
                    Negotiated.suffix(peer)));
    Disposable stopping =
        stop.then(peer.close())
            .timeout(
                stop.then(Mono.delay(StopSignal.DRAIN_TIMEOUT)), Mono.fromRunnable(peer::dispose))
            .subscribe();
    Mono<Void> sending =
        lines
            .read()
            // A batch is written before the next one is taken, so that lines do not pile up here.
            .concatMap(batch -> peer.send(Flux.fromIterable(batch).map(ConnectCommand::packet)), 0)
            .takeUntilOther(peer.onClose())
            .then(peer.close())
            // That the peer closed before the end of the input is no failure; receive() knows more.
            .onErrorResume(failure -> peer.isDisposed() ? Mono.empty() : Mono.error(failure));
    Mono<Void> receiving =
        // Writing waits for whoever reads, and the peer for it.
        peer.receive().publishOn(Schedulers.boundedElastic(), AHEAD).doOnNext(this::show).then();
    return Mono.when(receiving, sending)
        .doFinally(
            signal -> {
              stopping.dispose();
              RemoteOptions.dispose(peer);
            })
        .then(peer.onClose())
        .doOnNext(reason -> main.err().tell("connection " + reason))
        .then(peer.undelivered())
        .filter(left -> !left.isNothing())
        .doOnNext(left -> main.err().tell("not delivered: " + left))
        .then();
  }

  static NodePkt packet(ByteString line) {
    return NodePkt.newBuilder().setText(Text.newBuilder().setLineBytes(line)).build();
  }

  private void show(NodePkt packet) {
    if (packet.hasText()) {
      main.out().copy(packet.getText().getLineBytes().toByteArray());
    } else {
      main.out().say("(" + packet.getPktCase() + ")");
    }
  }
}
