package io.fluxwire.session;

import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.testing.MemoryDuplex;
import io.fluxwire.testing.MemoryLink;
import io.fluxwire.testing.PeerConnectionTck;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** A session of raw packets keeps the contract over a link that cuts its bytes anyhow. */
@ParameterizedClass
@EnumSource
class MemoryConnectionTest extends PeerConnectionTck<ByteBuf> {

  private final Scheduler loop = Schedulers.newSingle("loop", true);
  private final MemoryLink link = MemoryLink.create(loop);
  private final NodeKey acceptor = NodeKey.generate();
  private final Dialect dialect;

  MemoryConnectionTest(Dialect dialect) {
    this.dialect = dialect;
  }

  @Override
  protected void stop() {
    loop.disposeGracefully().block();
  }

  @Override
  protected Ends<ByteBuf> connect() {
    link.split(7);
    MemoryDuplex.Pair ends = link.ends();
    return spec(NodeKey.generate())
        .expected(acceptor.id())
        .establish(ends.dialer(), Role.DIALER)
        .zipWith(spec(acceptor).establish(ends.acceptor(), Role.ACCEPTOR), Ends::new)
        .block();
  }

  private SessionSpec<ByteBuf> spec(NodeKey key) {
    return dialect.spokenBy(SessionSpec.of(key)).codec(PacketCodec.raw());
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
