package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.fluxwire.PeerConnection;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.node.proto.Data;
import io.fluxwire.node.proto.NodePkt;
import io.fluxwire.packet.PacketCodec;
import java.time.Duration;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class ResumingStreamTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final PacketCodec<NodePkt> CODEC =
      PacketCodec.protobuf(NodePkt.getDefaultInstance());

  private final ResumingStream server = new ResumingStream(1, 2, 1000);

  private Mono<Void> connected(Function<PeerConnection<NodePkt>, Mono<Void>> use) {
    DisposablePeerServer listening =
        PeerServer.create(CODEC).host("127.0.0.1").handle(server::on).bindNow();
    return PeerClient.create(CODEC)
        .remote(listening.address())
        .connect()
        .flatMap(use)
        .doFinally(signal -> listening.dispose());
  }

  @Test
  void itGoesOnWhereTheConnectionBeforeEnded() {
    ResumingStream client = new ResumingStream(2, 1, 1000);
    for (int connections = 1; connections <= 3; connections++) {
      long before = client.packets();
      connected(
              peer ->
                  Mono.firstWithSignal(
                      client.on(peer),
                      Flux.interval(Duration.ofMillis(5))
                          .takeUntil(tick -> client.packets() > before + 100)
                          .then()))
          .block(LIMIT);
      assertThat(client.connections()).isEqualTo(connections);
    }
    assertThat(client.packets()).isGreaterThan(300);
    assertThat(client.gapNanos().getTotalCount()).isEqualTo(2);
  }

  @Test
  void itNoticesABodyThatWasNotDue() {
    ResumingStream client = new ResumingStream(2, 3, 1000);

    assertThatThrownBy(
            () ->
                connected(peer -> Mono.firstWithSignal(client.on(peer), client.corrupted()))
                    .block(LIMIT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("another body in packet 0");
  }

  @Test
  void itNoticesAPacketThatWasNotDue() {
    ResumingStream other = new ResumingStream(2, 1, 1000);
    PeerServer<NodePkt> forgetful =
        PeerServer.create(CODEC)
            .host("127.0.0.1")
            .handle(
                peer ->
                    peer.send(
                        Mono.just(
                            NodePkt.newBuilder()
                                .setData(Data.newBuilder().setNumber(7).setBody(ByteString.EMPTY))
                                .build())));
    DisposablePeerServer listening = forgetful.bindNow();
    assertThatThrownBy(
            () ->
                PeerClient.create(CODEC)
                    .remote(listening.address())
                    .connect()
                    .flatMap(peer -> Mono.firstWithSignal(other.on(peer), other.corrupted()))
                    .block(LIMIT))
        .hasMessageContaining("packet 7 where 0 was due");
    listening.disposeNow(LIMIT);
  }
}
