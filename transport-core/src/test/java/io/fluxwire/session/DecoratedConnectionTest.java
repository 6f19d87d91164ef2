package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerConnection;
import io.fluxwire.PeerConnectionDecorator;
import io.fluxwire.Undelivered;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.testing.MemoryDuplex;
import io.fluxwire.testing.PeerConnectionTck;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** A decorated connection keeps the contract, and hides nothing of the one that it decorates. */
class DecoratedConnectionTest extends PeerConnectionTck<ByteBuf> {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Scheduler loop = Schedulers.newSingle("loop", true);

  /** Counts what is sent. */
  private static final class Counting extends PeerConnectionDecorator<ByteBuf> {

    private final AtomicInteger sent = new AtomicInteger();

    Counting(PeerConnection<ByteBuf> connection) {
      super(connection);
    }

    PeerConnection<ByteBuf> decorated() {
      return connection();
    }

    @Override
    public Mono<Void> send(Publisher<? extends ByteBuf> packets) {
      return super.send(Flux.from(packets).doOnNext(packet -> sent.incrementAndGet()));
    }
  }

  @Override
  protected void stop() {
    loop.disposeGracefully().block();
  }

  @Override
  protected Ends<ByteBuf> connect() {
    MemoryDuplex.Pair ends = MemoryDuplex.pair(loop);
    Mono<PeerConnection<ByteBuf>> acceptor = establish(ends.acceptor(), Role.ACCEPTOR);
    return establish(ends.dialer(), Role.DIALER).zipWith(acceptor, Ends::new).block();
  }

  private static Mono<PeerConnection<ByteBuf>> establish(MemoryDuplex duplex, Role role) {
    return SessionSpec.of(NodeKey.generate())
        .codec(PacketCodec.raw())
        .establish(duplex, role)
        .map(Counting::new);
  }

  @Override
  protected ByteBuf packet(int number) {
    return Unpooled.buffer(16 + number).writeInt(number).writeZero(12 + number);
  }

  @Override
  protected Object value(ByteBuf packet) {
    return ByteBufUtil.hexDump(packet);
  }

  @Test
  void nothingGoesByTheDecoratorAndNothingIsHidden() {
    MemoryDuplex.Pair ends = MemoryDuplex.pair(loop);
    Mono<PeerConnection<ByteBuf>> acceptor = establish(ends.acceptor(), Role.ACCEPTOR).cache();
    acceptor.subscribe();
    Counting counting = (Counting) establish(ends.dialer(), Role.DIALER).block(LIMIT);
    PeerConnection<ByteBuf> plain = counting.decorated();
    counting.sendOne(packet(1)).block(LIMIT);
    assertThat(counting.sent).hasValue(1);
    assertThat(counting.remoteId()).isEqualTo(plain.remoteId());
    assertThat(counting.remoteAddress()).isEqualTo(plain.remoteAddress());
    assertThat(counting.localAddress()).isEqualTo(plain.localAddress());
    assertThat(counting).hasToString(plain.toString());
    counting.disposeNow(LIMIT);
    assertThat(plain.isDisposed()).isTrue();
    assertThat(counting.undelivered().block(LIMIT)).isEqualTo(Undelivered.NOTHING);
    acceptor.block(LIMIT).disposeNow(LIMIT);
  }
}
