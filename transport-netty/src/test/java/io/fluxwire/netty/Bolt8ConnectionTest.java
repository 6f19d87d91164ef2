package io.fluxwire.netty;

import io.fluxwire.PeerConnection;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.testing.PeerConnectionTck;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A client's and a server's connection keep the contract by BOLT 8 over TCP. */
class Bolt8ConnectionTest extends PeerConnectionTck<ByteBuf> {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private @Nullable DisposablePeerServer server;

  @Override
  protected Ends<ByteBuf> connect() {
    Sinks.One<PeerConnection<ByteBuf>> accepted = Sinks.one();
    DisposablePeerServer listening =
        PeerServer.bolt8(NodeKey.generate())
            .host("127.0.0.1")
            .handle(
                peer -> {
                  accepted.tryEmitValue(peer).orThrow();
                  return Mono.never();
                })
            .bindNow();
    server = listening;
    return PeerClient.bolt8(NodeKey.generate())
        .remote(listening.address())
        .expect(listening.id())
        .connect()
        .zipWith(accepted.asMono(), Ends::new)
        .block(LIMIT);
  }

  @Override
  protected void stop() {
    DisposablePeerServer listening = server;
    if (listening != null) {
      listening.disposeNow(LIMIT);
    }
  }

  @Override
  protected ByteBuf packet(int number) {
    return Unpooled.buffer(4 + number).writeInt(number).writeZero(number);
  }

  @Override
  protected Object value(ByteBuf packet) {
    return ByteBufUtil.hexDump(packet);
  }
}
