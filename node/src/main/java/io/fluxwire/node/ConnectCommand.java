package io.fluxwire.node;

import com.google.protobuf.ByteString;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.internal.FailureText;
import io.fluxwire.lightning.LightningPeer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.node.proto.NodePkt;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.function.Function;
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
      "Connect to a peer. Each line of standard input goes out as a packet; what the "
          + "peer sends is printed.",
      "",
      "When the input ends, what is left goes out and the connection is closed; "
          + "answers that are on their way are still printed. A line is up to 1 MiB of any "
          + "bytes and ends at a line feed; a longer line ends the input, and the command "
          + "fails. What comes is printed byte for byte; on a terminal, U+FFFD stands in "
          + "the place of whatever the terminal would act on. While nobody reads what is "
          + "printed, the peer has to wait.",
      "",
      "When it is told to stop (Ctrl-C), it gives what is on its way 2 s to go out. "
          + "Standard error says what did not go out. The exit code is 0 all the same.",
      "",
      "With --channel, no line is lost or repeated on its way, whichever side is "
          + "killed. The command dials until it gets through. It ends when the input has "
          + "ended and the other side has printed all of it, or when it is told to stop: "
          + "what is stored by then goes out at the next start, which says how many lines "
          + "that is. Lines that were read but not yet stored when the process was killed "
          + "have to be given again; --resume-input does this with a file. A line that "
          + "comes is acknowledged once it is written. If the process is killed between the "
          + "two, it prints these last lines once more at its next start.",
      "",
      "With --bolt8, each line is a message of BOLT 8, of up to 65,535 bytes. With --init as well, "
          + "the peer is a Lightning node: init is exchanged first, pings are answered while the "
          + "command runs, and each line, in and out, has a message in hex digits, of which the "
          + "first four are its type."
    },
    footerHeading = "%nExample:%n",
    footer = {
      "  fluxwire connect host:9735 --channel log --store ./sent \\",
      "      --key bob.key --expect $(fluxwire id alice.key) \\",
      "      --resume-input < lines.txt",
      "  sleep 1h | fluxwire connect --bolt8 --init ID@HOST:PORT"
    })
final class ConnectCommand implements Callable<Integer> {

  /** How many packets may wait for standard output besides what it holds itself. */
  private static final int AHEAD = 8;

  @ParentCommand private Main main;
  @Spec private CommandSpec spec;
  @Mixin private RemoteOptions remote;
  @Mixin private KeepAliveOption keepAlive;
  @Mixin private ChannelOptions channel;
  @Mixin private JsonOption json;
  @Mixin private InitOptions features;

  @Option(
      names = "--reconnect",
      description =
          "Dial again when the peer cannot be reached or the connection ends, for as long "
              + "as there is input to come or to send. When there is none left and the peer is "
              + "not there, the command fails. Standard error says when the peer is gone and "
              + "when it is back. Lines that were on their way when a connection broke may be "
              + "lost.")
  private boolean reconnect;

  @Option(
      names = "--resume-input",
      description =
          "With --channel: the input begins where it began before, such as a file, so "
              + "lines that are stored already are left out.")
  private boolean resumesInput;

  @Option(
      names = "--init",
      description =
          "With --bolt8: exchange init with a Lightning node before the first line, and answer "
              + "its pings. Lines are messages in hex then.")
  private boolean lightning;

  @Override
  public Integer call() throws IOException {
    checkOptions();
    json.choose(main, main.err());
    Mono<Void> stop = main.stop();
    if (channel.isGiven()) {
      LineFormat<NodePkt> texts = LineFormat.texts();
      PeerClient<NodePkt> client = remote.client(texts.codec(), keepAlive.value());
      Lines lines = new Lines(System.in, texts.rule());
      ChannelConnect connect = new ChannelConnect(main, channel, resumesInput);
      return done(connect.run(client, lines, stop), lines);
    }
    if (!remote.bolt8().isGiven()) {
      return converse(LineFormat.texts(), Mono::just, stop);
    }
    return lightning
        ? converse(LineFormat.hexMessages(), this::exchangeInit, stop)
        : converse(LineFormat.messages(), Mono::just, stop);
  }

  private void checkOptions() {
    remote.check(channel);
    channel.checkWithout(json);
    remote.bolt8().checkNeededBy(lightning, "--init");
    if (resumesInput && !channel.isGiven()) {
      throw wrong("--resume-input needs --channel, which knows what was sent");
    }
    features.check(remote.bolt8());
    if (features.isGiven() && !lightning) {
      throw wrong("--features is what init has: add --init");
    }
  }

  private ParameterException wrong(String what) {
    return new ParameterException(spec.commandLine(), what);
  }

  private <P> int converse(
      LineFormat<P> format,
      Function<PeerConnection<P>, Mono<? extends PeerConnection<P>>> greet,
      Mono<Void> stop)
      throws IOException {
    PeerClient<P> client = remote.client(format.codec(), keepAlive.value());
    Lines lines = new Lines(System.in, format.rule());
    Conversation<P> conversation = new Conversation<>(format, greet, lines, stop);
    return done(
        reconnect
            ? talkAgainAndAgain(client, conversation)
            : client.connect().takeUntilOther(stop).flatMap(peer -> talk(peer, conversation)),
        lines);
  }

  private int done(Mono<Void> talking, Lines lines) throws IOException {
    talking.onErrorResume(failure -> remote.allClosed().then(Mono.error(failure))).block();
    Throwable failure = lines.failure();
    if (failure != null) {
      throw new IOException(FailureText.of(failure), failure);
    }
    return 0;
  }

  private Mono<LightningPeer> exchangeInit(PeerConnection<ByteBuf> peer) {
    return features
        .init()
        .exchange(peer)
        .doOnNext(node -> main.narrator().tell(Event.Init.of(node, null)));
  }

  /**
   * What is said over a connection, or over one after the other.
   *
   * @param format of the lines
   * @param greet what comes before them; emits the connection to go on with
   * @param lines the input
   * @param stop completes when the command has to end
   */
  private record Conversation<P>(
      LineFormat<P> format,
      Function<PeerConnection<P>, Mono<? extends PeerConnection<P>>> greet,
      Lines lines,
      Mono<Void> stop) {}

  private <P> Mono<Void> talkAgainAndAgain(PeerClient<P> client, Conversation<P> conversation) {
    Lines lines = conversation.lines();
    Redialling redialling = new Redialling(main.narrator()::tell, lines::isExhausted);
    Disposable inputEnd = lines.allRead().subscribe(null, null, redialling::inputEnded);
    return client
        .doOnDial(redialling::heard)
        .connections()
        .takeUntilOther(Mono.firstWithSignal(conversation.stop(), redialling.inVain()))
        .concatMap(
            peer -> {
              redialling.connected();
              return talk(peer, conversation)
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
    main.narrator().tell(Event.Redialing.after(failure));
    return Mono.empty();
  }

  private <P> Mono<Void> talk(PeerConnection<P> peer, Conversation<P> conversation) {
    Mono<Void> stop = conversation.stop();
    main.narrator().tell(Event.Connected.of(Event.Direction.OUTBOUND, peer));
    Disposable stopping =
        stop.then(peer.close())
            .timeout(
                stop.then(Mono.delay(StopSignal.DRAIN_TIMEOUT)), Mono.fromRunnable(peer::dispose))
            .subscribe();
    return conversation
        .greet()
        .apply(peer)
        .takeUntilOther(stop)
        .flatMap(greeted -> exchangeLines(greeted, conversation))
        .doFinally(
            signal -> {
              stopping.dispose();
              RemoteOptions.dispose(peer);
            })
        .then(peer.onClose())
        .doOnNext(
            reason ->
                main.narrator()
                    .tell(Event.Disconnected.of(Event.Direction.OUTBOUND, peer.remoteId(), reason)))
        .then(peer.undelivered())
        .filter(left -> !left.isNothing())
        .doOnNext(left -> main.narrator().tell(Event.NotDelivered.of(left)))
        .then();
  }

  private <P> Mono<Void> exchangeLines(PeerConnection<P> peer, Conversation<P> conversation) {
    LineFormat<P> format = conversation.format();
    Mono<Void> sending =
        conversation
            .lines()
            .read()
            // A batch is written before the next one is taken, so that lines do not pile up here.
            .concatMap(batch -> peer.send(Flux.fromIterable(batch).map(format.packet())), 0)
            .takeUntilOther(peer.onClose())
            .then(peer.close())
            // That the peer closed before the end of the input is no failure; receive() knows more.
            .onErrorResume(failure -> peer.isDisposed() ? Mono.empty() : Mono.error(failure));
    Mono<Void> receiving =
        peer.receive()
            // At once, since a packet may be borrowed.
            .map(format.line())
            // Writing waits for whoever reads, and the peer for it.
            .publishOn(Schedulers.boundedElastic(), AHEAD)
            .doOnNext(this::show)
            .then();
    return Mono.when(receiving, sending);
  }

  private void show(ByteString line) {
    if (main.narrator().isJson()) {
      main.narrator().say(Event.Line.of(line));
    } else {
      main.out().copy(line.toByteArray());
    }
  }
}
