package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.memory.MemoryBudget;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.testing.MemoryDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

class ExhaustedSessionTest {

  private static final int PACKET = 64 * 1024;
  private static final Duration SOON = Duration.ofMillis(10);

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final MemoryDuplex.Pair duplexes = MemoryDuplex.pair(time);
  private final MemoryBudget budget = new MemoryBudget(MemoryBudget.MIN, change -> {});
  private final List<CloseReason> closed = new ArrayList<>();
  private final List<Throwable> failed = new ArrayList<>();

  private SessionSpec<ByteBuf> spec() {
    return SessionSpec.of(NodeKey.generate()).curveScheduler(time).codec(PacketCodec.raw());
  }

  @Test
  void anAnswerThatNobodyReadsIsCutOffThoughThePeerHasEnded() {
    Sinks.One<Integer> peerEnded = Sinks.one();
    spec()
        .budget(budget)
        .establish(duplexes.acceptor(), Role.ACCEPTOR)
        .subscribe(peer -> answerAfterTheEnd(peer, peerEnded));
    // It asks for nothing; what nobody receives at all would be read away after its end.
    spec()
        .establish(duplexes.dialer(), Role.DIALER)
        .subscribe(
            peer ->
                peer.receive()
                    .subscribe(
                        new BaseSubscriber<>() {
                          @Override
                          protected void hookOnSubscribe(Subscription subscription) {}
                        }));
    time.advanceTimeBy(SOON);
    duplexes.dialer().shutdownOutput();
    time.advanceTimeBy(SOON);
    assertThat(closed).as("it may still answer").isEmpty();

    peerEnded.tryEmitValue(8).orThrow();
    time.advanceTimeBy(SOON);
    assertThat(closed).isEmpty();
    // Twice the budget, of which each other one holds less.
    for (long others = 0; others < 2 * MemoryBudget.MIN; others += 2 * PACKET) {
      budget.reservation(time, cause -> {}).writing(2 * PACKET);
    }
    time.advanceTimeBy(SOON);
    assertThat(closed).extracting(CloseReason::reason).containsExactly(Reason.CLOSED_BY_PEER);
    assertThat(failed)
        .singleElement()
        .hasFieldOrPropertyWithValue("reason", Reason.BYTES_EXHAUSTED);
  }

  private void answerAfterTheEnd(PeerConnection<ByteBuf> peer, Sinks.One<Integer> peerEnded) {
    peer.onClose().subscribe(closed::add);
    peer.receive().subscribe();
    peer.send(
            peerEnded
                .asMono()
                .flatMapMany(count -> Flux.range(0, count))
                .map(i -> Unpooled.wrappedBuffer(new byte[PACKET])))
        .subscribe(null, failed::add);
  }
}
