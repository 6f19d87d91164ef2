package io.fluxwire.netty;

import io.fluxwire.PeerConnection;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.testing.PeerConnectionTck;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A client's and a server's connection keep the contract over Unix sockets of either kind. */
@ParameterizedClass
@EnumSource(Loops.class)
class UnixConnectionTest extends PeerConnectionTck<ByteBuf> {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final Loops loops;

  @TempDir private Path folder;
  private @Nullable DisposablePeerServer server;

  UnixConnectionTest(Loops loops) {
    this.loops = loops;
  }

  @Override
  protected Ends<ByteBuf> connect() {
    Sinks.One<PeerConnection<ByteBuf>> accepted = Sinks.one();
    DisposablePeerServer listening =
        PeerServer.create(PacketCodec.raw())
            .tcp(loops::server)
            .bindAddress(UnixDomainSocketAddress.of(folder.resolve("s")))
            .handle(
                peer -> {
                  accepted.tryEmitValue(peer).orThrow();
                  return Mono.never();
                })
            .bindNow();
    server = listening;
    return PeerClient.create(PacketCodec.raw())
        .tcp(loops::client)
        .remote(listening.address())
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
    return Unpooled.buffer(16 + number).writeInt(number).writeZero(12 + number);
  }

  @Override
  protected Object value(ByteBuf packet) {
    return ByteBufUtil.hexDump(packet);
  }
}
