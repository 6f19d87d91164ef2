package io.fluxwire.node;

import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.node.proto.NodePkt;
import io.fluxwire.node.proto.Text;
import io.fluxwire.packet.PacketCodec;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Standard input to a peer, and a peer to standard output. */
@Command(
    name = "connect",
    description = {
      "Connect to a peer: lines of standard input go out as packets, packets that come are printed.",
      "The end of input drains and closes; answers that are on their way are still printed.",
      "Told to stop (Ctrl-C), it gives what is on its way 2 s to go out; a line of standard error",
      "says what did not. The exit code is 0 all the same."
    })
final class ConnectCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;
  @Mixin private RemoteOptions remote;

  @Option(
      names = "--reconnect",
      description = {
        "Dial again when the peer cannot be reached or the connection ends, until the end of input.",
        "Lines that were on their way when a connection broke may be lost."
      })
  private boolean reconnect;

  @Override
  public Integer call() throws IOException {
    Mono<Void> stop = StopSignal.received();
    Lines lines = new Lines(System.in);
    PeerClient<NodePkt> client = remote.client(PacketCodec.protobuf(NodePkt.getDefaultInstance()));
    Mono<?> talking;
    if (reconnect) {
      talking =
          client
              .connections()
              .takeUntilOther(stop)
              .concatMap(
                  peer ->
                      talk(peer, lines, stop)
                          .onErrorResume(PeerException.class, this::tellFailure)
                          .thenReturn(peer),
                  0)
              .takeUntil(peer -> lines.isDone())
              .then();
    } else {
      talking = client.connect().takeUntilOther(stop).flatMap(peer -> talk(peer, lines, stop));
    }
    talking.then().onErrorResume(failure -> remote.allClosed().then(Mono.error(failure))).block();
    return 0;
  }

  private Mono<Void> tellFailure(PeerException failure) {
    print(
        spec.commandLine().getErr(),
        Failures.describe(failure) + "; dialling again (-v tells how)");
    return Mono.empty();
  }

  private Mono<Void> talk(PeerConnection<NodePkt> peer, Lines lines, Mono<Void> stop) {
    print(
        spec.commandLine().getErr(),
        "connected to " + peer.remoteId() + " at " + HostAndPort.format(peer.remoteAddress()));
    Disposable stopping =
        stop.then(peer.close())
            .timeout(
                stop.then(Mono.delay(StopSignal.DRAIN_TIMEOUT)), Mono.fromRunnable(peer::dispose))
            .subscribe();
    Flux<NodePkt> input =
        lines
            .read()
            .map(line -> NodePkt.newBuilder().setText(Text.newBuilder().setLine(line)).build());
    Mono<Void> sending =
        peer.send(input)
            .then(peer.close())
            // That the peer closed before the end of the input is no failure; receive() knows more.
            .onErrorResume(failure -> peer.isDisposed() ? Mono.empty() : Mono.error(failure));
    return Mono.when(peer.receive().doOnNext(this::show), sending)
        .doFinally(
            signal -> {
              stopping.dispose();
              RemoteOptions.dispose(peer);
            })
        .then(peer.onClose())
        .doOnNext(reason -> print(spec.commandLine().getErr(), "connection " + reason))
        .then(peer.undelivered())
        .filter(left -> !left.isNothing())
        .doOnNext(left -> print(spec.commandLine().getErr(), "not delivered: " + left))
        .then();
  }

  private void show(NodePkt packet) {
    print(
        spec.commandLine().getOut(),
        packet.hasText() ? packet.getText().getLine() : "(" + packet.getPktCase() + ")");
  }

  private static void print(PrintWriter out, String line) {
    out.println(line);
    out.flush();
  }
}
