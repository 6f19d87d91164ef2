package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.Undelivered;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What a connection says of the packets that it did not write. */
class UndeliveredTest {

  private static final int PACKET = 64 * 1024;
  private static final int FRAME = PACKET + 40;

  private final SessionPair<ByteBuf> pair =
      SessionPair.of(
              PacketCodec.raw(), UnaryOperator.identity(), UnaryOperator.identity(), Long.MAX_VALUE)
          .establish();
  private final List<Undelivered> told = new ArrayList<>();

  @AfterEach
  void close() {
    pair.close();
  }

  private static ByteBuf packet() {
    return Unpooled.wrappedBuffer(new byte[PACKET]);
  }

  private void closeAndAsk() {
    pair.dialer.connected().undelivered().subscribe(told::add);
    pair.dialer.connected().close().subscribe();
    pair.settle();
  }

  @Test
  void packetsThatAPeerDoesNotReadAreCounted() {
    List<String> sends = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      pair.dialer
          .connected()
          .send(Mono.fromSupplier(UndeliveredTest::packet))
          .subscribe(null, failure -> sends.add("failed"), () -> sends.add("written"));
    }
    closeAndAsk();
    assertThat(told).as("while it drains").isEmpty();
    pair.pass(SessionTimeouts.DEFAULT.drain());

    assertThat(sends).hasSize(100).contains("failed");
    Undelivered left = told.get(0);
    assertThat(left.packets()).isEqualTo(sends.stream().filter("failed"::equals).count());
    // The writer's window, in whole frames.
    assertThat(left.bytes()).isBetween(256L * 1024, 256L * 1024 + FRAME);
    assertThat(left.bytes() % FRAME).isZero();
  }

  @Test
  void nothingIsLeftWhenThePeerReads() {
    List<Integer> sizes = new ArrayList<>();
    pair.acceptor.connected().receive().subscribe(packet -> sizes.add(packet.readableBytes()));
    pair.dialer
        .connected()
        .send(Flux.range(0, 100).map(i -> packet()))
        .subscribe(null, failure -> {});
    closeAndAsk();

    assertThat(sizes).hasSize(100);
    assertThat(told).containsExactly(Undelivered.NOTHING);
  }

  @Test
  void whatWaitsOfASendThatWasCancelledIsNotOwed() {
    pair.dialer.connected().send(Flux.range(0, 100).map(i -> packet())).subscribe().dispose();
    pair.settle();
    pair.dialer.connected().dispose();
    closeAndAsk();

    Undelivered left = told.get(0);
    assertThat(left.packets()).as("sealed, so they cannot be taken back").isBetween(1L, 5L);
    assertThat(left.bytes()).isEqualTo(left.packets() * FRAME);
  }
}
