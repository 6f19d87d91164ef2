package io.fluxwire.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.ChannelException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.scheduler.VirtualTimeScheduler;

class PeerChannelTest {

  private static final NodeId DIALER = NodeKey.generate().id();
  private static final NodeId ACCEPTOR = NodeKey.generate().id();
  private static final ChannelKey KEY = new ChannelKey(DIALER, ACCEPTOR, "orders");

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private SimulatedStore dialersStore = new SimulatedStore().automatic();
  private SimulatedStore acceptorsStore = new SimulatedStore().automatic();
  private PeerChannel<ByteBuf> dialer = dialer();
  private PeerChannel<ByteBuf> acceptor = acceptor();
  private final List<SimulatedLink> links = new ArrayList<>();

  private PeerChannel<ByteBuf> dialer() {
    return open(true, ChannelSpec.of(dialersStore));
  }

  private PeerChannel<ByteBuf> acceptor() {
    return open(false, ChannelSpec.of(acceptorsStore));
  }

  private PeerChannel<ByteBuf> open(boolean dials, ChannelSpec spec) {
    return PeerChannel.open(KEY, dials, spec.timers(time), PacketCodec.raw().allowShortPayloads())
        .block();
  }

  private SimulatedLink dial() {
    PeerChannel<ByteBuf> to = acceptor;
    SimulatedLink link =
        SimulatedLink.dial(
            (end, frame) ->
                to.protocol().execute(() -> end.receiver(to.protocol().accepted(end, frame))));
    links.add(link);
    links.add(link.other());
    PeerChannel<ByteBuf> from = dialer;
    from.protocol().execute(() -> from.protocol().dialled(link));
    return link;
  }

  /** All that is on its way arrives. */
  private void run() {
    boolean moved = true;
    while (moved) {
      moved = false;
      for (SimulatedLink link : links) {
        if (link.canDeliver()) {
          link.deliver();
          moved = true;
        }
      }
    }
  }

  private static ByteBuf packet(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
  }

  private static Flux<ByteBuf> packets(int from, int to) {
    return Flux.range(from, to - from).map(i -> packet("packet " + i));
  }

  private static String text(Delivery<ByteBuf> delivery) {
    return delivery.number() + " " + delivery.packet().toString(StandardCharsets.UTF_8);
  }

  /** What an application gets, and acknowledges when it is told to. */
  private static List<Delivery<ByteBuf>> received(PeerChannel<ByteBuf> channel) {
    List<Delivery<ByteBuf>> got = new ArrayList<>();
    channel.receive().subscribe(got::add);
    return got;
  }

  @Test
  void whatWasStoredBeforeThereWasAConnectionArrives() {
    StepVerifier.create(dialer.send(packets(0, 3))).expectNext(3L).verifyComplete();
    List<Delivery<ByteBuf>> got = received(acceptor);

    dial();
    run();

    assertThat(got)
        .map(PeerChannelTest::text)
        .containsExactly("0 packet 0", "1 packet 1", "2 packet 2");
    assertThat(dialersStore.state().first()).isZero();
  }

  @Test
  void bothDirectionsGo() {
    List<Delivery<ByteBuf>> atDialer = received(dialer);
    List<Delivery<ByteBuf>> atAcceptor = received(acceptor);
    dial();
    run();
    dialer.send(packets(0, 2)).subscribe();
    acceptor.send(packets(5, 7)).subscribe();
    run();

    assertThat(atDialer).map(PeerChannelTest::text).containsExactly("0 packet 5", "1 packet 6");
    assertThat(atAcceptor).map(PeerChannelTest::text).containsExactly("0 packet 0", "1 packet 1");
  }

  @Test
  void aPacketIsKeptUntilItsAcknowledgementIsStored() {
    List<Delivery<ByteBuf>> got = received(acceptor);
    dial();
    dialer.send(packets(0, 3)).subscribe();
    run();
    AtomicReference<Boolean> acknowledged = new AtomicReference<>();
    dialer.acknowledged(2).doOnSuccess(done -> acknowledged.set(true)).subscribe();

    got.get(1).acknowledge();
    time.advanceTimeBy(java.time.Duration.ofSeconds(1));
    run();

    assertThat(acceptorsStore.state().received()).isEqualTo(2);
    assertThat(acknowledged).hasValue(true);
    assertThat(dialersStore.state().first()).isEqualTo(2);
    assertThat(dialersStore.state().bytes()).isEqualTo("packet 2".length());
  }

  @Test
  void whatIsNotAcknowledgedComesAgainAfterACrashAndNotBefore() {
    List<Delivery<ByteBuf>> got = received(acceptor);
    SimulatedLink link = dial();
    dialer.send(packets(0, 4)).subscribe();
    run();
    got.get(0).acknowledge();

    link.cut();
    dial();
    run();

    assertThat(got).hasSize(4);

    links.get(links.size() - 1).forget();
    acceptor = acceptor();
    List<Delivery<ByteBuf>> again = received(acceptor);
    dial();
    run();

    assertThat(again)
        .map(PeerChannelTest::text)
        .containsExactly("1 packet 1", "2 packet 2", "3 packet 3");
  }

  @Test
  void aLaterConnectionTakesTheChannelOver() {
    List<Delivery<ByteBuf>> got = received(acceptor);
    dialer.send(packets(0, 2)).subscribe();
    SimulatedLink first = dial();
    run();
    dial();
    dialer.send(packets(2, 4)).subscribe();
    run();

    assertThat(first.isOver()).isTrue();
    assertThat(got).hasSize(4).last().extracting(Delivery::number).isEqualTo(3L);
    assertThat(dialer.isDisposed()).isFalse();
  }

  @Test
  void anOldCopyOfAStoreIsRefusedForGood() {
    SimulatedStore copy = dialersStore.copy();
    SimulatedLink link = dial();
    run();
    link.cut();
    dial();
    run();
    dialersStore = copy;
    // The peer knows this incarnation by now, but it has forgotten its attempts.
    dialer = dialer();
    dial();
    run();

    assertThat(dialer.isDisposed()).isTrue();
    assertEnded(dialer, Reason.CHANNEL_STORE_STALE);
    assertThat(acceptor.isConnected()).isTrue();
  }

  @Test
  void aCopyThatKnowsLessThanWhatWasDeliveredIsNoStoreToGoOnWith() {
    SimulatedLink link = dial();
    run();
    SimulatedStore copy = dialersStore.copy();
    List<Delivery<ByteBuf>> got = received(acceptor);
    dialer.send(packets(0, 3)).subscribe();
    run();
    assertThat(got).hasSize(3);
    link.cut();
    dialersStore = copy;
    dialer = dialer();
    // It has the newest attempt, but not the packets that the application has seen.
    dial();
    run();

    assertEnded(dialer, Reason.CHANNEL_DISAGREEMENT);
    assertEnded(acceptor, Reason.CHANNEL_DISAGREEMENT);
  }

  @Test
  void aLostStoreEndsTheChannelOnBothSides() {
    dialer.send(packets(0, 2)).subscribe();
    SimulatedLink link = dial();
    run();
    link.cut();
    dialersStore.lose();
    dialer = dialer();
    dial();
    run();

    assertEnded(dialer, Reason.CHANNEL_DISAGREEMENT);
    assertEnded(acceptor, Reason.CHANNEL_DISAGREEMENT);
    assertThat(acceptorsStore.state().isNew()).isFalse();
  }

  @Test
  void thePeersLostStoreEndsTheChannelOnBothSides() {
    SimulatedLink link = dial();
    run();
    link.cut();
    acceptorsStore.lose();
    acceptor = acceptor();
    dial();
    run();

    assertEnded(dialer, Reason.CHANNEL_DISAGREEMENT);
    assertEnded(acceptor, Reason.CHANNEL_DISAGREEMENT);
  }

  @Test
  void anotherStoreOfThePeersDoesNotEndAConnectionThatGoesOn() {
    dial();
    run();
    PeerChannel<ByteBuf> living = dialer;
    dialersStore = new SimulatedStore().automatic();
    dialer = dialer();
    dial();
    run();

    assertEnded(dialer, Reason.CHANNEL_DISAGREEMENT);
    assertThat(acceptor.isConnected()).isTrue();
    assertThat(living.isConnected()).isTrue();
  }

  @Test
  void whoBeginsAnewDeletesItsStoreAndTheOtherHasToDoSoToo() {
    SimulatedLink link = dial();
    run();
    link.cut();
    dialersStore.lose();
    dialer = dialer();
    acceptor.dispose();
    acceptor =
        open(
            false,
            ChannelSpec.of(acceptorsStore).onDisagreement(ChannelSpec.Disagreement.BEGIN_ANEW));
    dial();
    run();
    assertEnded(acceptor, Reason.CHANNEL_DISAGREEMENT);
    assertThat(acceptorsStore.state().isNew()).isTrue();

    dialer = dialer();
    acceptor = acceptor();
    dial();
    run();
    assertThat(acceptor.isConnected()).isTrue();
  }

  @Test
  void whoSendsWaitsWhileMuchIsNotAcknowledged() {
    acceptor.dispose();
    dialer.dispose();
    dialer = open(true, ChannelSpec.of(dialersStore).maxBytes(30));
    acceptor = acceptor();
    List<Delivery<ByteBuf>> got = received(acceptor);
    TestPublisher<ByteBuf> source = TestPublisher.create();
    dialer.send(source).subscribe();
    for (int i = 0; i < 64; i++) {
      source.next(packet("packet " + i % 10));
    }
    source.assertMinRequested(0);
    dial();
    run();

    assertThat(dialersStore.state().next()).isEqualTo(4);
    got.get(got.size() - 1).acknowledge();
    run();
    assertThat(dialersStore.state().next()).isEqualTo(8);
    assertThat(dialersStore.state().first()).isEqualTo(4);
  }

  @Test
  void whoCancelsGetsWhatItDidNotAcknowledgeAgain() {
    dial();
    dialer.send(packets(0, 3)).subscribe();
    run();
    StepVerifier.create(acceptor.receive(), 2)
        .consumeNextWith(Delivery::acknowledge)
        .expectNextCount(1)
        .thenCancel()
        .verify();
    run();
    List<Delivery<ByteBuf>> got = received(acceptor);
    dial();
    run();

    assertThat(got).map(PeerChannelTest::text).containsExactly("1 packet 1", "2 packet 2");
  }

  @Test
  void whatAHandlerHasCompletedIsAcknowledged() {
    List<String> handled = new ArrayList<>();
    acceptor
        .handle(
            delivery -> {
              handled.add(text(delivery));
              return handled.size() == 2
                  ? Mono.error(new IllegalStateException("no"))
                  : Mono.empty();
            })
        .subscribe(done -> {}, failure -> handled.add(failure.getMessage()));
    dial();
    dialer.send(packets(0, 3)).subscribe();
    run();

    assertThat(handled).containsExactly("0 packet 0", "1 packet 1", "no");
    assertThat(acceptorsStore.state().received()).isEqualTo(1);
  }

  @Test
  void automaticAcknowledgementFollowsOnNext() {
    List<String> got = new ArrayList<>();
    acceptor.receiveAuto().subscribe(packet -> got.add(packet.toString(StandardCharsets.UTF_8)));
    dial();
    dialer.send(packets(0, 3)).subscribe();
    run();

    assertThat(got).hasSize(3);
    assertThat(acceptorsStore.state().received()).isEqualTo(3);
    assertThat(dialersStore.state().first()).isEqualTo(3);
  }

  @Test
  void whatCameTogetherIsAcknowledgedInOneWrite() {
    List<ByteBuf> got = new ArrayList<>();
    acceptor.receiveAuto().subscribe(got::add);
    SimulatedLink link = dial();
    run();
    int before = acceptorsStore.writes();

    dialer.send(packets(0, 10)).subscribe();
    link.other().deliverTogether();

    assertThat(got).hasSize(10);
    assertThat(acceptorsStore.state().received()).isEqualTo(10);
    assertThat(acceptorsStore.writes()).isEqualTo(before + 1);
  }

  @Test
  void whoAcknowledgesWithinOnNextStoresThatOnceForAllThatCameTogether() {
    acceptor.receive().subscribe(Delivery::acknowledge);
    SimulatedLink link = dial();
    run();
    int before = acceptorsStore.writes();

    dialer.send(packets(0, 10)).subscribe();
    link.other().deliverTogether();

    assertThat(acceptorsStore.state().received()).isEqualTo(10);
    assertThat(acceptorsStore.writes()).isEqualTo(before + 1);
  }

  @Test
  void whatIsCancelledAtComesAgain() {
    dial();
    dialer.send(packets(0, 5)).subscribe();
    StepVerifier.create(acceptor.receiveAuto().take(3))
        .then(this::run)
        .expectNextCount(3)
        .verifyComplete();
    run();
    assertThat(acceptorsStore.state().received()).isEqualTo(2);
    List<Delivery<ByteBuf>> got = received(acceptor);
    dial();
    run();

    assertThat(got).hasSize(3).first().extracting(Delivery::number).isEqualTo(2L);
  }

  @Test
  void whatASubscriberThrewAtIsNotAcknowledged() {
    dial();
    dialer.send(packets(0, 5)).subscribe();
    List<Throwable> failures = new ArrayList<>();
    acceptor
        .receiveAuto()
        .subscribe(
            new BaseSubscriber<ByteBuf>() {
              @Override
              public void hookOnNext(ByteBuf packet) {
                if (packet.toString(StandardCharsets.UTF_8).endsWith("2")) {
                  throw new IllegalStateException("no");
                }
              }

              @Override
              public void hookOnError(Throwable failure) {
                failures.add(failure);
              }
            });
    run();

    assertThat(failures).hasSize(1);
    assertThat(acceptorsStore.state().received()).isEqualTo(2);
  }

  @Test
  void whatWasDeliveredIsCountedThoughTheChannelEndsWithinIt() {
    AtomicLong counted = new AtomicLong();
    ChannelObserver observer =
        new ChannelObserver() {
          @Override
          public void onDelivered(ChannelKey key, long packets) {
            counted.addAndGet(packets);
          }
        };
    acceptor = open(false, ChannelSpec.of(acceptorsStore).observe(observer));
    acceptor
        .receive()
        .filter(delivery -> delivery.number() == 2)
        .subscribe(d -> acceptor.dispose());
    SimulatedLink link = dial();
    run();
    dialer.send(packets(0, 3)).subscribe();
    link.other().deliverTogether();
    assertThat(counted).hasValue(3);
  }

  @Test
  void aCodecThatThrowsEndsTheChannel() {
    acceptor = open(new Lending(true, true));
    List<Throwable> seen = new ArrayList<>();
    acceptor.receive().subscribe(delivery -> {}, seen::add);
    dialer.send(packets(0, 2)).subscribe();
    dial();
    run();
    assertThat(seen).hasSize(1);
    assertEnded(acceptor);
    assertThat(acceptorsStore.state().received()).isZero();
  }

  @Test
  void aCodecThatThrowsAtAPacketThatHasWaitedEndsTheChannel() {
    acceptor = open(new Lending(true, true));
    dialer.send(packets(0, 2)).subscribe();
    dial();
    run();
    List<Throwable> seen = new ArrayList<>();
    acceptor.receive().subscribe(delivery -> {}, seen::add);
    assertThat(seen).hasSize(1);
    assertEnded(acceptor);
  }

  private static void assertEnded(PeerChannel<?> channel) {
    List<Throwable> ends = new ArrayList<>();
    channel.onClose().subscribe(done -> {}, ends::add);
    assertThat(ends).hasSize(1);
  }

  @Test
  void onlyWhatSharesThePayloadIsDecodedFromACopy() {
    acceptor = open(new Lending(true, false));
    List<Delivery<ByteBuf>> kept = received(acceptor);
    dialer.send(packets(0, 1)).subscribe();
    dial();
    run();
    assertThat(kept).map(PeerChannelTest::text).containsExactly("0 packet 0");

    acceptor.dispose();
    acceptor = open(new Lending(false, false));
    List<Delivery<ByteBuf>> lent = received(acceptor);
    dial();
    run();
    assertThat(lent).map(PeerChannelTest::text).containsExactly("0 !!!!!!!!");
  }

  private PeerChannel<ByteBuf> open(PacketCodec<ByteBuf> codec) {
    return PeerChannel.open(KEY, false, ChannelSpec.of(acceptorsStore).timers(time), codec).block();
  }

  /** Gives back the payload that it is lent, and says whether it does, or throws. */
  private record Lending(boolean sharesPayload, boolean isBroken) implements PacketCodec<ByteBuf> {

    @Override
    public ByteBuf encode(ByteBuf packet, ByteBufAllocator allocator) {
      return packet;
    }

    @Override
    public ByteBuf decode(ByteBuf payload) {
      if (isBroken) {
        throw new IllegalStateException("of a codec");
      }
      return payload;
    }
  }

  @Test
  void demandIsKept() {
    dial();
    dialer.send(packets(0, 5)).subscribe();
    StepVerifier.create(acceptor.receive(), 0)
        .then(this::run)
        .thenRequest(2)
        .then(this::run)
        .expectNextCount(2)
        .then(this::run)
        .thenCancel()
        .verify();
  }

  @Test
  void whatComesWithNobodyReadingIsBounded() {
    dial();
    dialer.send(Flux.range(0, 40).map(i -> Unpooled.buffer(16384).writeZero(16384))).subscribe();
    run();

    SimulatedLink end = links.get(1);
    assertThat(end.canDeliver()).isFalse();
    assertThat(end.isOver()).isFalse();
  }

  @Test
  void closingStoresWhatWasHandedOver() {
    SimulatedStore slow = new SimulatedStore();
    dialersStore = slow;
    dialer = dialer();
    AtomicReference<Long> stored = new AtomicReference<>();
    dialer.send(packets(0, 2)).subscribe(stored::set, failure -> stored.set(-1L));
    List<String> ends = new ArrayList<>();
    dialer.close().subscribe(done -> {}, failure -> ends.add("failed"), () -> ends.add("closed"));
    while (slow.isWriting()) {
      assertThat(ends).isEmpty();
      slow.complete();
    }

    assertThat(ends).containsExactly("closed");
    assertThat(stored).hasValue(2L);
    assertThat(slow.state().next()).isEqualTo(2);
    StepVerifier.create(dialer.sendOne(packet("late")))
        .verifyErrorSatisfies(
            failure ->
                assertThat(((PeerException) failure).reason()).isEqualTo(Reason.CLOSED_LOCALLY));
  }

  @Test
  void aPeerThatSendsAllTheTimeDoesNotKeepAChannelFromClosing() {
    SimulatedStore slow = new SimulatedStore();
    acceptorsStore = slow;
    acceptor = acceptor();
    List<Long> got = new ArrayList<>();
    acceptor
        .receive()
        .doOnNext(delivery -> got.add(delivery.number()))
        .subscribe(Delivery::acknowledge);
    dial();
    run();
    while (slow.isWriting()) {
      slow.complete();
      run();
    }
    dialer.send(packets(0, 1)).subscribe();
    run();

    List<String> ends = new ArrayList<>();
    acceptor.close().subscribe(done -> {}, failure -> ends.add("failed"), () -> ends.add("closed"));
    for (int i = 1; i < 10; i++) {
      dialer.send(packets(i, i + 1)).subscribe();
      run();
      slow.complete();
    }

    assertThat(ends).containsExactly("closed");
    assertThat(got).containsExactly(0L);
    assertThat(slow.state().received()).isEqualTo(1);
  }

  @Test
  void whatIsBeingHandledWhenTheChannelIsClosedComesAgainWithItsNumber() {
    Sinks.Empty<Void> handling = Sinks.empty();
    acceptor
        .handle(delivery -> delivery.number() == 0 ? Mono.empty() : handling.asMono())
        .subscribe();
    dial();
    dialer.send(packets(0, 2)).subscribe();
    run();
    acceptor.close().subscribe();
    handling.tryEmitEmpty();

    acceptor = acceptor();
    List<Delivery<ByteBuf>> again = received(acceptor);
    dial();
    run();

    assertThat(again).map(PeerChannelTest::text).containsExactly("1 packet 1");
  }

  @Test
  void anApplicationThatKnowsItsPositionGoesOnThere() {
    SimulatedLink link = dial();
    dialer.send(packets(0, 4)).subscribe();
    List<Delivery<ByteBuf>> got = received(acceptor);
    run();
    assertThat(got).hasSize(4);
    link.other().forget();
    acceptor = open(false, ChannelSpec.of(acceptorsStore).startAt(3));
    List<Delivery<ByteBuf>> again = received(acceptor);
    dial();
    run();

    assertThat(again).map(PeerChannelTest::text).containsExactly("3 packet 3");
    assertThat(acceptorsStore.state().received()).isEqualTo(3);
    assertThat(dialersStore.state().first()).isEqualTo(3);
  }

  @Test
  void aPositionThatContradictsTheStoreIsRefused() {
    assertThatThrownBy(() -> open(true, ChannelSpec.of(new SimulatedStore()).startAt(1)))
        .isInstanceOf(ChannelException.class)
        .hasMessageContaining("store is new");
  }

  private static void assertEnded(PeerChannel<?> channel, Reason reason) {
    StepVerifier.create(channel.onClose())
        .verifyErrorSatisfies(
            failure -> assertThat(((PeerException) failure).reason()).isEqualTo(reason));
  }

  static {
    // So that a test does not wait for the native library within virtual time.
    Secp256k1.preferred();
  }
}
