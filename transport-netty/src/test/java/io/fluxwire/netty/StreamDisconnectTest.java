package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.testing.FaultProxy;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A stream that breaks over real sockets, by RST, FIN and silence, after so many packets: each end
 * has the right reason, once, and what it was delivered is what was sent, without a gap. Every
 * place is covered in memory. Leaks fail the build elsewhere.
 */
@Tag("slow")
class StreamDisconnectTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration IDLE = Duration.ofMillis(300);
  private static final int PACKETS = 101;

  private enum Break {
    RESET,
    END,
    SILENCE;

    void apply(FaultProxy proxy) {
      switch (this) {
        case RESET -> proxy.reset();
        case END -> proxy.disconnect();
        case SILENCE -> proxy.stall();
      }
    }

    Set<Reason> reasons() {
      return switch (this) {
        case RESET -> Set.of(Reason.CONNECTION_LOST);
        // Whoever still writes to a peer that has gone is reset.
        case END -> Set.of(Reason.STREAM_TRUNCATED, Reason.CONNECTION_LOST);
        case SILENCE -> Set.of(Reason.IDLE_TIMEOUT);
      };
    }
  }

  /** What one end was told, signal by signal. */
  private static final class End {

    private final Queue<Reason> closed = new ConcurrentLinkedQueue<>();
    private final AtomicInteger ends = new AtomicInteger();
    private final Sinks.Empty<Void> over = Sinks.empty();
    private final AtomicLong received = new AtomicLong();
    private final AtomicInteger wrong = new AtomicInteger();

    /** Packets have their numbers in them. */
    private void count(ByteBuf packet) {
      if (packet.getLong(0) != received.getAndIncrement()) {
        wrong.incrementAndGet();
      }
    }

    void watch(PeerConnection<ByteBuf> peer, Consumer<ByteBuf> onPacket) {
      Mono<CloseReason> closing = peer.onClose().doOnNext(reason -> closed.add(reason.reason()));
      Mono<Void> receiving =
          peer.receive()
              .doOnNext(this::count)
              .doOnNext(onPacket)
              .doOnTerminate(ends::incrementAndGet)
              .then()
              .onErrorComplete();
      Mono.when(closing, receiving).subscribe(null, null, over::tryEmitEmpty);
    }
  }

  @TestFactory
  List<DynamicTest> afterSoManyPackets() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Break how : Break.values()) {
      for (int packets : new int[] {1, 2, 17, PACKETS - 1}) {
        tests.add(
            DynamicTest.dynamicTest(
                how + " after " + packets, () -> breakAfter(how, packets, true)));
        if (how != Break.SILENCE) {
          // Who writes nothing sees it by reading alone.
          tests.add(
              DynamicTest.dynamicTest(
                  how + " after " + packets + ", one way", () -> breakAfter(how, packets, false)));
        }
      }
    }
    return tests;
  }

  private static void breakAfter(Break how, int packets, boolean bothSend) {
    // Nothing else is to end a connection than what breaks it here, on a slow machine, too.
    Duration idle = how == Break.SILENCE ? IDLE : LIMIT;
    End dialer = new End();
    End acceptor = new End();
    DisposablePeerServer server =
        PeerServer.create(PacketCodec.raw())
            .host("127.0.0.1")
            .timeouts(timeouts -> timeouts.idle(idle))
            .handle(
                peer -> {
                  acceptor.watch(peer, packet -> {});
                  return peer.send(endless()).onErrorComplete().then(peer.onClose().then());
                })
            .bindNow();
    FaultProxy proxy = FaultProxy.startNow(server.address());
    try {
      AtomicInteger received = new AtomicInteger();
      PeerConnection<ByteBuf> peer =
          PeerClient.create(PacketCodec.raw())
              .remote(proxy.address())
              .timeouts(timeouts -> timeouts.idle(idle))
              .connect()
              .block(LIMIT);
      if (bothSend) {
        peer.send(endless()).subscribe(null, failure -> {});
      }
      dialer.watch(
          peer,
          packet -> {
            if (received.incrementAndGet() == packets) {
              how.apply(proxy);
            }
          });
      Mono.when(dialer.over.asMono(), acceptor.over.asMono()).block(LIMIT);

      for (End end : List.of(dialer, acceptor)) {
        assertThat(end.closed).singleElement().isIn(how.reasons());
        assertThat(end.ends).hasValue(1);
        assertThat(end.wrong).as("packets that are not the next one").hasValue(0);
      }
    } finally {
      proxy.dispose();
      server.disposeNow(LIMIT);
    }
  }

  private static Flux<ByteBuf> endless() {
    return Flux.generate(
        () -> 0L,
        (number, sink) -> {
          sink.next(Unpooled.buffer(64).writeLong(number).writeZero(56));
          return number + 1;
        });
  }
}
