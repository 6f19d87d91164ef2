package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.testing.MemoryDuplex;
import io.fluxwire.testing.MemoryLink;
import io.fluxwire.testing.MemoryLink.Direction;
import io.fluxwire.testing.Middle;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.test.scheduler.VirtualTimeScheduler;

/**
 * Two nodes that stream raw packets to each other through someone in the middle, or through a
 * faulty network. Whatever happens there, {@link #run} checks what has to hold: each side has one
 * outcome, its receiver one end, of which the reason is typed, and closes its connection by itself;
 * what it was delivered is what the other one sent, from the first packet on and without a gap; and
 * every buffer was released.
 */
final class AttackedPair {

  static final Duration IDLE = Duration.ofSeconds(60);

  private final Dialect dialect;
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final Runnable closeNetwork;
  private final SessionPair<ByteBuf> pair;
  private final List<byte[]> payloads;
  private final End dialer;
  private final End acceptor;

  /** What one side's application saw. */
  private static final class End {

    private final SessionPair.Side<ByteBuf> side;
    private final NodeId other;
    private final List<byte[]> received = new ArrayList<>();
    private @Nullable Throwable failure;
    private int ends;
    private boolean streams;

    End(SessionPair.Side<ByteBuf> side, NodeId other) {
      this.side = side;
      this.other = other;
    }
  }

  AttackedPair(Dialect dialect, int packets, int size, Middle.Attack attack) {
    this.dialect = dialect;
    Middle middle =
        dialect == Dialect.VERSION_3
            ? new Middle(time, allocator, attack)
            : Middle.ofWrites(time, allocator, attack);
    closeNetwork = middle::close;
    pair = over(middle.ends());
    payloads = random(packets, size);
    dialer = new End(pair.dialer, pair.acceptorKey.id());
    acceptor = new End(pair.acceptor, pair.dialerKey.id());
  }

  /** With a network between them that fails without meaning it. */
  AttackedPair(Dialect dialect, int packets, int size, Consumer<MemoryLink> faults) {
    this.dialect = dialect;
    MemoryLink link = MemoryLink.create(time, allocator);
    faults.accept(link);
    closeNetwork = link::dispose;
    pair = over(link.ends());
    payloads = random(packets, size);
    dialer = new End(pair.dialer, pair.acceptorKey.id());
    acceptor = new End(pair.acceptor, pair.dialerKey.id());
  }

  private SessionPair<ByteBuf> over(MemoryDuplex.Pair ends) {
    return SessionPair.over(
        time,
        ends,
        PacketCodec.raw(),
        spec -> dialect.spokenBy(spec).timeouts(SessionTimeouts.DEFAULT.idle(IDLE)));
  }

  private static List<byte[]> random(int packets, int size) {
    Random random = new Random(size);
    List<byte[]> payloads = new ArrayList<>();
    for (int i = 0; i < packets; i++) {
      byte[] payload = new byte[size];
      random.nextBytes(payload);
      payloads.add(payload);
    }
    return payloads;
  }

  /** Until nothing more can happen; checks what always holds. */
  AttackedPair run() {
    pair.dial().accept();
    // Longer than all timeouts in a row.
    for (int turn = 0; turn < 40; turn++) {
      pair.settle();
      stream(dialer);
      stream(acceptor);
      pair.pass(Duration.ofSeconds(5));
    }
    assertThat(pair.dialersDuplex().isDisposed()).as("the dialer let go of it").isTrue();
    assertThat(pair.acceptorsDuplex().isDisposed()).as("the acceptor did").isTrue();
    closeNetwork.run();
    pair.close();

    check(dialer);
    check(acceptor);
    assertThat(allocator.metric().usedHeapMemory()).as("heap buffers not released").isZero();
    assertThat(allocator.metric().usedDirectMemory()).as("direct ones").isZero();
    return this;
  }

  private void stream(End end) {
    if (end.side.connection == null || end.streams) {
      return;
    }
    end.streams = true;
    end.side
        .connection
        .receive()
        .map(ByteBufUtil::getBytes)
        .subscribe(
            end.received::add,
            failure -> {
              end.failure = failure;
              end.ends++;
            },
            () -> end.ends++);
    end.side
        .connection
        .send(
            dialect.inTheirOwnWrites(Flux.fromIterable(payloads), time).map(Unpooled::copiedBuffer))
        .subscribe(null, failure -> assertThat(failure).isInstanceOf(PeerException.class));
  }

  private void check(End end) {
    assertThat(end.side.signals).as("outcomes of the handshake").isEqualTo(1);
    if (end.side.failure != null) {
      assertThat(end.side.failure).isInstanceOf(PeerException.class);
    } else {
      assertThat(end.side.connected().remoteId()).isEqualTo(end.other);
      assertThat(end.side.closed).as("reasons of the end").hasSize(1);
      assertThat(end.ends).as("ends of receive()").isEqualTo(1);
      assertThat(end.failure).isIn(null, end.side.closed.get(0).cause());
    }
    assertThat(end.received)
        .as("delivered")
        .containsExactlyElementsOf(payloads.subList(0, end.received.size()));
  }

  private End receiver(Direction direction) {
    return direction == Direction.FORTH ? acceptor : dialer;
  }

  /** How many packets were delivered in a direction. */
  int delivered(Direction direction) {
    return receiver(direction).received.size();
  }

  /** Why it ended for who receives in a direction. */
  Reason reason(Direction direction) {
    SessionPair.Side<ByteBuf> side = receiver(direction).side;
    return side.failure instanceof PeerException refused
        ? refused.reason()
        : side.closed.get(0).reason();
  }
}
