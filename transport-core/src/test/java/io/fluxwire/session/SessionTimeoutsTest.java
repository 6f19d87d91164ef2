package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fluxwire.CloseReason;
import io.fluxwire.Reason;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class SessionTimeoutsTest {

  private SessionPair<ByteBuf> pair = pair(UnaryOperator.identity());

  private static SessionPair<ByteBuf> pair(UnaryOperator<SessionTimeouts> timeouts) {
    return SessionPair.of(
            PacketCodec.raw(),
            spec -> spec.timeouts(timeouts.apply(spec.timeouts())),
            spec -> spec,
            Long.MAX_VALUE)
        .establish();
  }

  private static ByteBuf packet(int size) {
    return Unpooled.wrappedBuffer(new byte[size]);
  }

  @AfterEach
  void close() {
    pair.close();
  }

  @Test
  void anIdleConnectionIsClosed() {
    pair.close();
    pair = pair(timeouts -> timeouts.idle(Duration.ofSeconds(60)));
    pair.acceptor.connected().receive().subscribe();
    pair.pass(Duration.ofSeconds(50));
    pair.dialer.connected().send(Mono.fromCallable(() -> packet(16))).subscribe();
    pair.pass(Duration.ofSeconds(59));
    assertThat(pair.dialer.closed).isEmpty();
    pair.pass(Duration.ofSeconds(3));
    assertThat(pair.dialer.closed)
        .extracting(CloseReason::reason)
        .containsExactly(Reason.IDLE_TIMEOUT);
  }

  @Test
  void whatComesKeepsAConnectionFromBeingIdle() {
    pair.close();
    pair = pair(timeouts -> timeouts.idle(Duration.ofSeconds(60)));
    pair.dialer.connected().receive().subscribe();
    pair.pass(Duration.ofSeconds(50));
    pair.acceptor.connected().send(Mono.fromCallable(() -> packet(16))).subscribe();
    pair.pass(Duration.ofSeconds(59));
    assertThat(pair.dialer.closed).isEmpty();
  }

  @Test
  void byDefaultAConnectionMayBeIdle() {
    pair.pass(Duration.ofDays(1));
    assertThat(pair.dialer.closed).isEmpty();
  }

  @Test
  void aPeerThatTakesNothingIsClosed() {
    pair.dialer
        .connected()
        .send(Flux.range(0, 100).map(i -> packet(64 * 1024)))
        .subscribe(null, failure -> {});
    pair.pass(Duration.ofSeconds(20));
    assertThat(pair.dialer.closed).isEmpty();
    pair.pass(Duration.ofSeconds(4));
    assertThat(pair.dialer.closed)
        .extracting(CloseReason::reason)
        .containsExactly(Reason.WRITE_STALLED);
  }

  @Test
  void aPeerThatTakesALittleNowAndThenStays() {
    BaseSubscriber<ByteBuf> reader =
        new BaseSubscriber<>() {
          @Override
          protected void hookOnSubscribe(Subscription subscription) {}
        };
    pair.acceptor.connected().receive().subscribe(reader);
    pair.dialer
        .connected()
        .send(Flux.range(0, 100).map(i -> packet(64 * 1024)))
        .subscribe(null, failure -> {});
    for (int i = 0; i < 20; i++) {
      pair.pass(Duration.ofSeconds(19));
      reader.request(2);
    }
    assertThat(pair.dialer.closed).isEmpty();
  }

  @Test
  void withoutAWriteTimeoutAPeerMayTakeItsTime() {
    pair.close();
    pair = pair(timeouts -> timeouts.write(Duration.ZERO));
    pair.dialer
        .connected()
        .send(Flux.range(0, 100).map(i -> packet(64 * 1024)))
        .subscribe(null, failure -> {});
    pair.pass(Duration.ofDays(1));
    assertThat(pair.dialer.closed).isEmpty();
  }

  @Test
  void aFrameThatDoesNotFinishEndsTheConnection() {
    pair.dialer.connected().receive().subscribe(null, failure -> {});
    // The header of a frame that never goes on; its MAC is not looked at before the frame is whole.
    pair.acceptorsDuplex().write(Unpooled.buffer().writeZero(32).writeLongLE(1000), written -> {});
    pair.pass(Duration.ofSeconds(20));
    pair.acceptorsDuplex().write(Unpooled.buffer().writeZero(1), written -> {});
    pair.pass(Duration.ofMillis(9_999));
    assertThat(pair.dialer.closed).isEmpty();
    pair.pass(Duration.ofSeconds(2));
    assertThat(pair.dialer.closed)
        .extracting(CloseReason::reason)
        .containsExactly(Reason.FRAME_TIMEOUT);
  }

  @Test
  void aFrameThatNobodyAsksForMayTakeItsTime() {
    pair.acceptorsDuplex().write(Unpooled.buffer().writeZero(32).writeLongLE(1000), written -> {});
    pair.pass(Duration.ofMinutes(10));
    assertThat(pair.dialer.closed).isEmpty();
  }

  @Test
  void timeoutsAreNotBelowZero() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SessionTimeouts.DEFAULT.idle(Duration.ofSeconds(-1)))
        .withMessageContaining("idle");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SessionTimeouts.DEFAULT.authorizer(Duration.ofMillis(-1)))
        .withMessageContaining("authorizer");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SessionTimeouts.DEFAULT.handshake(Duration.ZERO))
        .withMessageContaining("handshake");
  }
}
