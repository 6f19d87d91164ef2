package io.fluxwire.node;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.node.proto.NodePkt;
import io.fluxwire.node.proto.Text;
import io.fluxwire.packet.PacketCodec;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
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
  @Mixin private KeyOptions key;

  @Parameters(paramLabel = "HOST:PORT", description = "Where the peer listens.")
  private InetSocketAddress remote;

  @Option(
      names = "--expect",
      paramLabel = "ID",
      description = "Who the peer has to be. Default: anyone who proves an id.")
  private @Nullable NodeId expected;

  @Override
  public Integer call() throws IOException {
    PeerClient<NodePkt> client =
        PeerClient.create()
            .codec(PacketCodec.protobuf(NodePkt.getDefaultInstance()))
            .remote(remote)
            .nodeKey(key.nodeKey());
    NodeId pinned = expected;
    CloseReason reason =
        (pinned == null ? client : client.expect(pinned)).connect().flatMap(this::talk).block();
    if (Objects.requireNonNull(reason).cause() != null) {
      throw reason.cause();
    }
    print(spec.commandLine().getErr(), "connection " + reason);
    return 0;
  }

  private Mono<CloseReason> talk(PeerConnection<NodePkt> peer) {
    print(
        spec.commandLine().getErr(),
        "connected to " + peer.remoteId() + " at " + HostAndPort.format(peer.remoteAddress()));
    peer.receive().subscribe(this::show, failure -> {});
    peer.send(input()).then(Mono.defer(peer::close)).subscribe(null, failure -> {});
    StopSignal.received().then(Mono.defer(peer::close)).subscribe();
    return peer.onClose();
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
