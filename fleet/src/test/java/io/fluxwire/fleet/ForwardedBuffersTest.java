package io.fluxwire.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.fleet.TestFleet.Outcome;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.publisher.TestPublisher;

/** Packets that are buffers, on their way to a peer of another instance: each has one owner. */
class ForwardedBuffersTest {

  /** Its packets are buffers of their own, not views of the payload. */
  private static final PacketCodec<ByteBuf> COPYING =
      new PacketCodec<>() {
        @Override
        public ByteBuf encode(ByteBuf packet, ByteBufAllocator allocator) {
          return packet;
        }

        @Override
        public ByteBuf decode(ByteBuf payload) {
          return payload.copy();
        }

        @Override
        public boolean sharesPayload() {
          return false;
        }
      };

  private final TestFleet fleet = new TestFleet();
  private final NodeId peer = TestFleet.peer();
  private final TakingConnection connection = new TakingConnection(peer);

  private FleetGroup<ByteBuf> join(String name, PacketCodec<ByteBuf> codec) {
    PeerGroup<ByteBuf> local = PeerGroup.of(TestFleet.NODE, fleet.time);
    local.receive().subscribe();
    FleetGroup<ByteBuf> joined =
        FleetGroup.of(local, codec, fleet.engine, FleetSpec.of(name).scheduler(fleet.time));
    joined.join().subscribe();
    fleet.settle();
    return joined;
  }

  private static List<ByteBuf> packets(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> Unpooled.copiedBuffer("packet " + i, StandardCharsets.UTF_8))
        .toList();
  }

  private static void assertReleased(List<ByteBuf> packets) {
    assertThat(packets).allSatisfy(packet -> assertThat(packet.refCnt()).isZero());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatArrivesIsTheConnectionsAndWhatWasSentIsReleased(boolean copies) {
    PacketCodec<ByteBuf> codec = copies ? COPYING : PacketCodec.raw().allowShortPayloads();
    FleetGroup<ByteBuf> one = join("one", codec);
    FleetGroup<ByteBuf> two = join("two", codec);
    two.local().accept(connection).subscribe();
    fleet.settle();

    List<ByteBuf> sent = packets(100);
    Outcome outcome = Outcome.of(one.send(peer, Flux.fromIterable(sent)));
    fleet.advance(Duration.ofSeconds(1));

    assertThat(outcome.completed).isTrue();
    assertThat(connection.texts).hasSize(100).startsWith("packet 0").endsWith("packet 99");
    assertReleased(sent);
    assertReleased(connection.taken);
  }

  @Test
  void whatNobodyGetsIsReleased() {
    FleetGroup<ByteBuf> one = join("one", PacketCodec.raw().allowShortPayloads());
    FleetGroup<ByteBuf> two = join("two", PacketCodec.raw().allowShortPayloads());
    two.local().accept(connection).subscribe();
    fleet.settle();
    TestPublisher<ByteBuf> source =
        TestPublisher.createNoncompliant(
            TestPublisher.Violation.CLEANUP_ON_TERMINATE, TestPublisher.Violation.REQUEST_OVERFLOW);
    Outcome outcome = Outcome.of(one.send(peer, source.flux()));
    fleet.advance(Duration.ofSeconds(1));
    List<ByteBuf> before = packets(3);
    before.forEach(source::next);
    connection.dispose();
    two.dispose();
    fleet.advance(Duration.ofMinutes(1));
    assertThat(outcome.failures).hasSize(1);

    List<ByteBuf> late = packets(2);
    late.forEach(source::next);

    assertReleased(before);
    assertReleased(late);
    assertReleased(connection.taken);
  }

  /** A connection that writes at once whatever is sent. */
  private static final class TakingConnection implements PeerConnection<ByteBuf> {

    final List<ByteBuf> taken = new ArrayList<>();
    final List<String> texts = new ArrayList<>();
    private final FakeConnection fake;

    TakingConnection(NodeId peer) {
      this.fake = new FakeConnection(peer, InetSocketAddress.createUnresolved("peer.test", 1));
    }

    @Override
    public Mono<Void> send(Publisher<? extends ByteBuf> packets) {
      return Flux.from(packets).doOnNext(this::take).then();
    }

    private void take(ByteBuf packet) {
      texts.add(packet.toString(StandardCharsets.UTF_8));
      taken.add(packet);
      packet.release();
    }

    @Override
    public NodeId remoteId() {
      return fake.remoteId();
    }

    @Override
    public SocketAddress remoteAddress() {
      return fake.remoteAddress();
    }

    @Override
    public SocketAddress localAddress() {
      return fake.localAddress();
    }

    @Override
    public Flux<ByteBuf> receive() {
      return Flux.never();
    }

    @Override
    public Mono<Void> close() {
      return fake.close();
    }

    @Override
    public Mono<CloseReason> onClose() {
      return fake.onClose();
    }

    @Override
    public void dispose() {
      fake.dispose();
    }

    @Override
    public boolean isDisposed() {
      return fake.isDisposed();
    }
  }
}
