package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerConnection;
import io.fluxwire.handshake.Handshake;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.record.v3.Frames;
import io.fluxwire.testing.MemoryDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.test.scheduler.VirtualTimeScheduler;

class EstablishmentTest {

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final List<WeakReference<Handshake.Run>> handshakes = new ArrayList<>();
  private final List<PeerConnection<ByteBuf>> peers = new ArrayList<>();

  @Test
  void aSessionDoesNotKeepItsHandshake() throws InterruptedException {
    MemoryDuplex.Pair duplexes = MemoryDuplex.pair(time, UnpooledByteBufAllocator.DEFAULT);
    establish(duplexes.acceptor(), Role.ACCEPTOR);
    establish(duplexes.dialer(), Role.DIALER);
    // The deadlines of the handshakes leave the timers' queue once their time has come.
    time.advanceTimeBy(Duration.ofMinutes(1));

    assertThat(handshakes).hasSize(2);
    assertThat(stillReferenced()).isZero();
    assertThat(peers).hasSize(2).noneMatch(PeerConnection::isDisposed);
    peers.forEach(PeerConnection::dispose);
    time.advanceTime();
  }

  private void establish(MemoryDuplex duplex, Role role) {
    SessionSpec<ByteBuf> spec =
        SessionSpec.of(NodeKey.generate()).curveScheduler(time).codec(PacketCodec.raw());
    Handshake v3 = spec.handshake(Frames.SUITE);
    Handshake watched =
        (bytes, part, limits, stages) -> {
          Handshake.Run run = v3.over(bytes, part, limits, stages);
          handshakes.add(new WeakReference<>(run));
          return run;
        };
    spec.establish(duplex, role, watched).subscribe(peers::add);
  }

  private long stillReferenced() throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    long kept;
    do {
      System.gc();
      kept = handshakes.stream().filter(handshake -> handshake.get() != null).count();
      TimeUnit.MILLISECONDS.sleep(10);
    } while (kept > 0 && System.nanoTime() < end);
    return kept;
  }
}
