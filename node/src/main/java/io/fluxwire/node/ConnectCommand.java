package io.fluxwire.node;

import io.fluxwire.PeerConnection;
import io.fluxwire.node.proto.NodePkt;
import io.fluxwire.node.proto.Text;
import io.fluxwire.packet.PacketCodec;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Standard input to a peer, and a peer to standard output. */
@Command(
    name = "connect",
    description = {
      "Connect to a peer: lines of standard input go out as packets, packets that come are printed.",
      "The end of input drains and closes; answers that are on their way are still printed."
    })
final class ConnectCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;
  @Mixin private RemoteOptions remote;

  @Override
  public Integer call() throws IOException {
    Mono<Void> stop = StopSignal.received();
    remote
        .client(PacketCodec.protobuf(NodePkt.getDefaultInstance()))
        .connect()
        .takeUntilOther(stop)
        .flatMap(peer -> talk(peer, stop))
        .block();
    return 0;
  }

  private Mono<Void> talk(PeerConnection<NodePkt> peer, Mono<Void> stop) {
    print(
        spec.commandLine().getErr(),
        "connected to " + peer.remoteId() + " at " + HostAndPort.format(peer.remoteAddress()));
    stop.then(Mono.defer(peer::close)).subscribe();
    Mono<Void> sending =
        peer.send(input())
            .then(Mono.defer(peer::close))
            // That the peer closed before the end of the input is no failure; receive() knows more.
            .onErrorResume(failure -> peer.isDisposed() ? Mono.empty() : Mono.error(failure));
    return Mono.when(peer.receive().doOnNext(this::show), sending)
        .doFinally(signal -> peer.dispose())
        .then(peer.onClose())
        .doOnNext(reason -> print(spec.commandLine().getErr(), "connection " + reason))
        .then();
  }

  /** On a thread of its own: reading standard input cannot be interrupted. */
  private static Flux<NodePkt> input() {
    BufferedReader reader =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    return Flux.<String>generate(
            sink -> {
              try {
                String line = reader.readLine();
                if (line == null) {
                  sink.complete();
                } else {
                  sink.next(line);
                }
              } catch (IOException e) {
                sink.error(e);
              }
            })
        .map(line -> NodePkt.newBuilder().setText(Text.newBuilder().setLine(line)).build())
        .subscribeOn(Schedulers.newSingle("stdin", true));
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
