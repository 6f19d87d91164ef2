package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.testing.MemoryDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.Scannable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/** What becomes of a connection whose reader has left, or never came. */
class ReaderLeftTest {

  private final SessionPair<ByteBuf> pair =
      SessionPair.of(PacketCodec.raw(), spec -> spec, spec -> spec, Long.MAX_VALUE);
  private final List<String> got = new ArrayList<>();

  ReaderLeftTest() {
    pair.establish();
  }

  @AfterEach
  void close() {
    pair.close();
  }

  private PeerConnection<ByteBuf> reader() {
    return pair.dialer.connected();
  }

  private PeerConnection<ByteBuf> sender() {
    return pair.acceptor.connected();
  }

  private static Flux<ByteBuf> packets(int count, int size) {
    return Flux.range(0, count).map(i -> Unpooled.buffer(size).writeInt(i).writerIndex(size));
  }

  private void send(int count, int size) {
    sender()
        .send(packets(count, size))
        .subscribe(null, failure -> got.add("send: " + failure), () -> got.add("sent"));
    pair.settle();
  }

  private void assertThatReaderClosedBy(Reason reason) {
    assertThat(pair.dialer.closed).singleElement().extracting("reason").isEqualTo(reason);
  }

  @Test
  void thePeersEndIsSeenAfterTheOnePacketThatWasWanted() {
    reader().receive().next().subscribe(packet -> got.add("first"));
    send(3, 100);
    assertThat(got).containsExactly("first", "sent");
    assertThat(reader().isDisposed()).isFalse();
    sender().close().subscribe();
    pair.settle();
    assertThatReaderClosedBy(Reason.CLOSED_BY_PEER);
  }

  @Test
  void whatComesAfterTheReaderLeftIsDroppedHoweverMuchItIs() {
    Disposable reading = reader().receive().subscribe();
    reading.dispose();
    send(1_000, MemoryDuplex.CAPACITY);
    assertThat(got).containsExactly("sent");
    sender().close().subscribe();
    pair.settle();
    assertThatReaderClosedBy(Reason.CLOSED_BY_PEER);
  }

  @Test
  void aReaderThatLeavesWithinAPacketGetsNoOther() {
    reader()
        .receive()
        .subscribe(
            new BaseSubscriber<>() {
              @Override
              protected void hookOnNext(ByteBuf packet) {
                got.add("packet");
                cancel();
              }
            });
    send(5, 100);
    assertThat(got).containsExactly("packet", "sent");
  }

  @Test
  void theSubscriberIsForgotten() {
    List<Subscription> subscriptions = new ArrayList<>();
    reader().receive().doOnSubscribe(subscriptions::add).subscribe().dispose();
    pair.settle();
    Scannable left = Scannable.from(subscriptions.get(0));
    assertThat(left.scan(Scannable.Attr.CANCELLED)).isTrue();
    assertThat(left.scan(Scannable.Attr.ACTUAL)).isNull();
  }

  @Test
  void afterTheReaderLeftThisSideStillSends() {
    reader().receive().subscribe().dispose();
    sender().receive().subscribe(packet -> got.add("got " + packet.readInt()));
    reader().send(packets(2, 100)).subscribe();
    pair.settle();
    assertThat(got).containsExactly("got 0", "got 1");
  }

  /** It has all that it wanted, and the peer has all that this side sent. */
  @Test
  void whoHasLeftAndClosedHasNoFaultWhereThePeerBreaksOff() {
    sender().send(Flux.never()).subscribe(null, failure -> {});
    reader().receive().subscribe().dispose();
    reader().close().subscribe();
    pair.settle();
    pair.acceptorsDuplex().dispose();
    pair.settle();
    assertThatReaderClosedBy(Reason.CLOSED_LOCALLY);
  }

  @Test
  void whoReadsAndHasClosedHasAFaultWhereThePeerBreaksOff() {
    sender().send(Flux.never()).subscribe(null, failure -> {});
    reader().receive().subscribe(null, failure -> {});
    reader().close().subscribe();
    pair.settle();
    pair.acceptorsDuplex().dispose();
    pair.settle();
    assertThatReaderClosedBy(Reason.CONNECTION_LOST);
  }

  @Test
  void aPeerThatVanishesIsSeenToo() {
    reader().receive().subscribe().dispose();
    pair.acceptorsDuplex().dispose();
    pair.settle();
    assertThatReaderClosedBy(Reason.CONNECTION_LOST);
  }

  @Test
  void whoComesSoonAfterThePeersEndGetsWhatItSent() {
    send(3, 100);
    pair.acceptorsDuplex().shutdownOutput();
    pair.pass(Duration.ofMillis(4_999));
    assertThat(pair.dialer.closed).isEmpty();
    reader()
        .receive()
        .subscribe(packet -> got.add("" + packet.readInt()), null, () -> got.add("complete"));
    pair.settle();
    assertThat(got).containsExactly("sent", "0", "1", "2", "complete");
    assertThatReaderClosedBy(Reason.CLOSED_BY_PEER);
  }

  @Test
  void aConnectionThatNobodyReadsEndsAfterItsPeer() {
    send(3, 100);
    pair.pass(Duration.ofHours(1));
    assertThat(pair.dialer.closed).as("the peer is there").isEmpty();
    pair.acceptorsDuplex().shutdownOutput();
    pair.pass(Duration.ofSeconds(5));
    assertThatReaderClosedBy(Reason.CLOSED_BY_PEER);
    reader()
        .receive()
        .subscribe(
            packet -> got.add("late"),
            f -> got.add(((PeerException) f).reason().name()),
            () -> got.add("complete"));
    assertThat(got).containsExactly("sent", "complete");
  }

  @Test
  void aReaderThatIsSlowIsNotOneThatNeverCame() {
    List<Subscription> reading = new ArrayList<>();
    reader()
        .receive()
        .subscribe(
            new BaseSubscriber<>() {
              @Override
              protected void hookOnSubscribe(Subscription subscription) {
                reading.add(subscription);
              }

              @Override
              protected void hookOnNext(ByteBuf packet) {
                got.add("" + packet.readInt());
              }
            });
    send(2, 100);
    pair.acceptorsDuplex().shutdownOutput();
    pair.pass(Duration.ofHours(1));
    assertThat(pair.dialer.closed).isEmpty();
    reading.get(0).request(2);
    pair.settle();
    assertThat(got).containsExactly("sent", "0", "1");
    assertThatReaderClosedBy(Reason.CLOSED_BY_PEER);
  }
}
