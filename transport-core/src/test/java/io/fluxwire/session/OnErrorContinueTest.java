package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.fluxwire.testing.MemoryDuplex;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** An application's {@code onErrorContinue} is for its own operators: rules stay rules. */
class OnErrorContinueTest {

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final MemoryDuplex.Pair duplexes = MemoryDuplex.pair(time);
  private final List<Object> continued = new ArrayList<>();
  private final List<Throwable> errors = new ArrayList<>();

  private <T> void carryOn(Throwable failure, T value) {
    continued.add(failure);
  }

  @Test
  void aPacketThatBreaksARuleEndsTheConnection() {
    List<CloseReason> closed = new ArrayList<>();
    Mono<PeerConnection<Pkt>> acceptor =
        SessionSpec.of(NodeKey.generate())
            .curveScheduler(time)
            .establish(duplexes.acceptor(), Role.ACCEPTOR);
    acceptor.subscribe(
        peer -> {
          peer.onClose().subscribe(closed::add);
          peer.receive().onErrorContinue(this::carryOn).subscribe(null, errors::add);
        });
    // Field 100, which nobody knows and is even.
    byte[] packet = HexFormat.of().parseHex("a00601");
    SessionSpec.of(NodeKey.generate())
        .curveScheduler(time)
        .codec(PacketCodec.raw().allowShortPayloads())
        .establish(duplexes.dialer(), Role.DIALER)
        .subscribe(
            peer ->
                peer.send(Mono.fromSupplier(() -> Unpooled.copiedBuffer(packet)))
                    .subscribe(null, failure -> {}));
    time.advanceTimeBy(Duration.ofSeconds(5));

    assertThat(closed).extracting(CloseReason::reason).containsExactly(Reason.UNKNOWN_EVEN_FIELD);
    assertThat(errors).hasSize(1);
    assertThat(continued).isEmpty();
  }

  @Test
  void aRefusalIsToldAtOnce() {
    SessionSpec.of(NodeKey.generate())
        .curveScheduler(time)
        .establish(duplexes.acceptor(), Role.ACCEPTOR)
        .subscribe(null, failure -> {});
    SessionSpec.of(NodeKey.generate())
        .curveScheduler(time)
        .expected(NodeKey.generate().id())
        .establish(duplexes.dialer(), Role.DIALER)
        .onErrorContinue(this::carryOn)
        .subscribe(null, errors::add);
    time.advanceTimeBy(Duration.ofMillis(100));

    assertThat(errors)
        .singleElement()
        .satisfies(
            failure ->
                assertThat(((PeerException) failure).reason())
                    .isEqualTo(Reason.NODE_ID_UNEXPECTED));
    assertThat(continued).isEmpty();
  }
}
