package io.fluxwire.lightning;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.handshake.Dialect;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.session.SessionSpec;
import io.fluxwire.testing.MemoryDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.test.scheduler.VirtualTimeScheduler;

class LightningPeerTest {

  private static final String ZEROS = "00".repeat(32);

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
  private final MemoryDuplex.Pair ends = MemoryDuplex.pair(time, allocator);
  private final InitSpec init = InitSpec.create().timers(time);

  /** The side under test. */
  private @Nullable PeerConnection<ByteBuf> connection;

  /** A node that says whatever a test wants. */
  private @Nullable PeerConnection<ByteBuf> node;

  private final List<String> heard = new ArrayList<>();
  private final List<CloseReason> closed = new ArrayList<>();
  private @Nullable LightningPeer peer;
  private @Nullable Throwable failure;

  @AfterEach
  void close() {
    ends.dialer().dispose();
    ends.acceptor().dispose();
    time.advanceTime();
    assertThat(allocator.metric().usedHeapMemory()).as("heap buffers not released").isZero();
    assertThat(allocator.metric().usedDirectMemory()).as("direct ones").isZero();
  }

  private SessionSpec<ByteBuf> spec(NodeKey key, PacketCodec<ByteBuf> codec) {
    return SessionSpec.of(key).codec(codec).curveScheduler(time).dialects(Dialect.BOLT8);
  }

  private void connect(PacketCodec<ByteBuf> codec) {
    NodeKey nodeKey = NodeKey.generate();
    spec(nodeKey, PacketCodec.messages())
        .establish(ends.acceptor(), Role.ACCEPTOR)
        .subscribe(connected -> node = connected);
    spec(NodeKey.generate(), codec)
        .expected(nodeKey.id())
        .establish(ends.dialer(), Role.DIALER)
        .subscribe(
            connected -> {
              connection = connected;
              connected.onClose().subscribe(closed::add);
            });
    time.advanceTime();
  }

  private void exchange(InitSpec how) {
    connect(LightningCodec.create());
    exchangeOver(how);
  }

  private void exchangeOver(InitSpec how) {
    how.exchange(connection).subscribe(ready -> peer = ready, thrown -> failure = thrown);
    node.receive()
        .map(ByteBufUtil::hexDump)
        .subscribe(heard::add, gone -> heard.add("gone"), () -> heard.add("end"));
    time.advanceTime();
  }

  private void say(String hex) {
    node.sendOne(Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex.replace(" ", ""))))
        .subscribe(null, gone -> {});
    time.advanceTime();
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
  }

  private static @Nullable Reason reason(@Nullable Throwable thrown) {
    return thrown instanceof PeerException typed ? typed.reason() : null;
  }

  @Test
  void bothSaysWhatTheyCanDoAndThenMessagesGo() {
    exchange(init.features(FeatureBits.of(13)));
    assertThat(heard).containsExactly("0010" + "0000" + "0002" + "2000");
    assertThat(peer).isNull();
    say("0010 0001 02 0002 8000");
    assertThat(failure).isNull();
    assertThat(peer.features()).isEqualTo(FeatureBits.of(1, 15));
    List<Integer> types = new ArrayList<>();
    peer.receive().map(LightningPeer::typeOf).subscribe(types::add);
    say("0100 beef");
    say("0107");
    assertThat(types).containsExactly(0x100, 0x107);
    peer.sendOne(Unpooled.buffer().writeShort(0x108)).subscribe();
    time.advanceTime();
    assertThat(heard).last().isEqualTo("0108");
  }

  @Test
  void whatCameBeforeSomebodyReceivesIsNotLost() {
    exchange(init);
    say("0010 0000 0000");
    say("0100");
    say("0101");
    List<Object> seen = new ArrayList<>();
    peer.receive()
        .map(LightningPeer::typeOf)
        .subscribe(seen::add, seen::add, () -> seen.add("end"));
    time.advanceTime();
    node.close().subscribe();
    time.advanceTime();
    assertThat(seen).containsExactly(0x100, 0x101, "end");
    List<Throwable> second = new ArrayList<>();
    peer.receive().subscribe(message -> {}, second::add);
    assertThat(second).singleElement().isInstanceOf(IllegalStateException.class);
  }

  @Test
  void anEvenBitThatNobodyKnowsIsRefusedWithItsNumber() {
    exchange(init.features(FeatureBits.of(13)).understands(FeatureBits.of(8)));
    // 8, 12, 44 and 47.
    say("0010 0000 0006 9000 0000 1100");
    assertThat(reason(failure)).isEqualTo(Reason.UNKNOWN_EVEN_FIELD);
    assertThat(failure).hasMessageContaining("feature 44,");
    assertThat(heard)
        .element(1)
        .asString()
        .startsWith("0011" + ZEROS)
        .contains(hex("the peer insists on feature 44"));
    assertThat(closed).hasSize(1);
  }

  @Test
  void whoOnlyLooksTakesWhateverAPeerInsistsOn() {
    exchange(init.acceptUnknown());
    say("0010 0000 0001 ff");
    assertThat(peer.features().has(6)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "0012 0001 0000, PACKET_MALFORMED, not init",
    "0010 00, PACKET_MALFORMED, ends early",
    "0010 0000, PACKET_MALFORMED, ends early",
    "0010 0000 0002 01, PACKET_MALFORMED, ends early",
    "0010 0000 0000 01, PACKET_MALFORMED, ends early",
    "0010 0000 0000 01 02 00, PACKET_MALFORMED, ends early",
    "0010 0000 0000 01 02 0000, PACKET_MALFORMED, 2 bytes of networks",
    "0010 0000 0000 01 ffffffffffffffffff, PACKET_MALFORMED, ends early",
    "0010 0000 0000 03 00 01 00, PACKET_MALFORMED, out of order",
    "0010 0000 0000 ffffffffffffffffff 00 01 00, PACKET_MALFORMED, out of order",
    "0010 0000 0000 fd0001 00, PACKET_MALFORMED, more bytes than it needs",
    "0010 0000 0000 01 fd00fc, PACKET_MALFORMED, more bytes than it needs",
    "0010 0000 0000 01 fe0000ffff, PACKET_MALFORMED, more bytes than it needs",
    "0010 0000 0000 01 ff00000000ffffffff, PACKET_MALFORMED, more bytes than it needs",
    "0010 0000 0000 01 00 fd0100 00, UNKNOWN_EVEN_FIELD, extension 256"
  })
  void whatIsNoInitIsRefused(String message, Reason reason, String text) {
    exchange(init);
    say(message);
    assertThat(reason(failure)).isEqualTo(reason);
    assertThat(failure).hasMessageContaining(text);
    assertThat(closed).hasSize(1);
  }

  @Test
  void extensionsWithOddTypesArePassedOver() {
    exchange(init);
    say("0010 0000 0000 03 01 00 fd0101 02 beef");
    assertThat(peer).isNotNull();
    assertThat(peer.networks()).isEmpty();
  }

  @Test
  void theNetworksThatThePeerNamesAreKnownInItsOrder() {
    exchange(init);
    String other = "6f" + "01".repeat(31);
    say("0010 0000 0000 01 40" + other + ZEROS + "03 01 00");
    assertThat(peer.networks()).containsExactly(other, ZEROS);
  }

  @Test
  void aPeerThatNeverSaysIsGivenUp() {
    exchange(init.timeout(Duration.ofSeconds(3)));
    time.advanceTimeBy(Duration.ofSeconds(2));
    assertThat(failure).isNull();
    time.advanceTimeBy(Duration.ofSeconds(1));
    assertThat(reason(failure)).isEqualTo(Reason.HANDSHAKE_TIMEOUT);
    assertThat(closed).hasSize(1);
  }

  @Test
  void aPeerThatHangsUpFirstIsNoFault() {
    exchange(init);
    node.close().subscribe();
    time.advanceTime();
    assertThat(reason(failure)).isEqualTo(Reason.CLOSED_BY_PEER);
  }

  @Test
  void whoWantsItNoMoreClosesTheConnection() {
    connect(LightningCodec.create());
    init.exchange(connection).subscribe().dispose();
    time.advanceTime();
    assertThat(closed).extracting(CloseReason::reason).containsExactly(Reason.CLOSED_LOCALLY);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65_531})
  void pingsAreAnsweredAndSeenByNobody(int size) {
    exchange(init);
    say("0010 0000 0000");
    List<ByteBuf> seen = new ArrayList<>();
    peer.receive().subscribe(seen::add);
    say("0012 %04x 0003 000000".formatted(size));
    assertThat(heard).last().isEqualTo("0013%04x".formatted(size) + "00".repeat(size));
    assertThat(seen).isEmpty();
  }

  @Test
  void aPingThatWantsNoAnswerGetsNone() {
    exchange(init);
    say("0010 0000 0000");
    peer.receive().subscribe();
    int before = heard.size();
    say("0012 fffc 0000");
    say("0012");
    assertThat(heard).hasSize(before);
  }

  /** Each answer is 65 KiB, and none of them can be written. */
  @Test
  void whoAsksWithoutReadingTakesNoMemory() {
    connect(LightningCodec.create());
    init.exchange(connection).subscribe(ready -> peer = ready);
    BaseSubscriber<ByteBuf> reader =
        new BaseSubscriber<>() {
          @Override
          protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
            // Reads nothing yet.
          }
        };
    node.receive().subscribe(reader);
    say("0010 0000 0000");
    peer.receive().subscribe();
    time.advanceTime();
    node.send(
            Flux.range(0, 1_000)
                .map(i -> Unpooled.buffer().writeShort(18).writeShort(65_531).writeShort(0)))
        .subscribe(null, gone -> {});
    time.advanceTime();
    assertThat(allocator.metric().usedHeapMemory() + allocator.metric().usedDirectMemory())
        .isLessThan(8L << 20);
    reader.cancel();
  }

  @Test
  void aPingMeasuresHowLongTheAnswerTakes() {
    exchange(init);
    say("0010 0000 0000");
    peer.receive().subscribe();
    List<Object> times = new ArrayList<>();
    peer.ping().subscribe(times::add);
    peer.ping().subscribe(times::add);
    time.advanceTimeBy(Duration.ofMillis(40));
    assertThat(heard).endsWith("001200000000", "001200010000");
    // To a ping that nobody sent; then in order.
    say("0013 0005 0000000000");
    assertThat(times).isEmpty();
    say("0013 0000");
    time.advanceTimeBy(Duration.ofMillis(2));
    say("0013 0001 00");
    assertThat(times).containsExactly(Duration.ofMillis(40), Duration.ofMillis(42));
  }

  @Test
  void pingsWithoutAnswersAreBoundedAndEndWithTheConnection() {
    exchange(init);
    say("0010 0000 0000");
    peer.receive().subscribe(message -> {}, gone -> {});
    List<Throwable> failures = new ArrayList<>();
    peer.ping().subscribe().dispose();
    for (int i = 0; i < Pings.MAX_ASKED; i++) {
      peer.ping().subscribe(null, failures::add);
    }
    assertThat(failures).isEmpty();
    peer.ping().subscribe(null, failures::add);
    assertThat(failures)
        .extracting(LightningPeerTest::reason)
        .containsExactly(Reason.TOO_MANY_REQUESTS);
    time.advanceTime();
    node.close().subscribe();
    time.advanceTime();
    assertThat(failures).hasSize(1 + Pings.MAX_ASKED);
    peer.ping().subscribe(null, failures::add);
    assertThat(failures).hasSize(2 + Pings.MAX_ASKED);
  }

  @ParameterizedTest
  @CsvSource({"0011, no channels here", "0001, warning: no channels here"})
  void anErrorOrAWarningEndsTheConnectionWithItsText(String type, String problem) {
    exchange(init);
    say("0010 0000 0000");
    List<Throwable> failures = new ArrayList<>();
    peer.receive().subscribe(message -> {}, failures::add);
    say(type + ZEROS + "0010" + hex("no channels here"));
    assertThat(failures).singleElement().isInstanceOf(ConnectionClosedException.class);
    assertThat(((ConnectionClosedException) failures.get(0)).problem()).isEqualTo(problem);
    assertThat(closed).extracting(CloseReason::reason).containsExactly(Reason.PEER_ERROR);
  }

  @Test
  void anErrorInTheInitsPlaceIsWhyItFailed() {
    exchange(init);
    say("0011" + ZEROS + "0002" + hex("no"));
    assertThat(reason(failure)).isEqualTo(Reason.PEER_ERROR);
  }

  @Test
  void anErrorOfAChannelIsTheApplications() {
    exchange(init);
    say("0010 0000 0000");
    List<Integer> types = new ArrayList<>();
    peer.receive().map(LightningPeer::typeOf).subscribe(types::add);
    say("0011" + "00".repeat(31) + "01" + "0000");
    assertThat(types).containsExactly(17);
    assertThat(closed).isEmpty();
  }

  @Test
  void warningsCanBeTolerated() {
    connect(LightningCodec.create().tolerateWarnings());
    exchangeOver(init);
    say("0010 0000 0000");
    List<Integer> types = new ArrayList<>();
    peer.receive().map(LightningPeer::typeOf).subscribe(types::add, gone -> types.add(-1));
    say("0001" + ZEROS + "0000");
    say("0011" + ZEROS + "0000");
    assertThat(types).containsExactly(1, -1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "00", "0011", "0011 0000 0000"})
  void whatIsNoMessageEndsTheConnection(String message) {
    exchange(init);
    say("0010 0000 0000");
    peer.receive().subscribe(seen -> {}, gone -> {});
    say(message);
    assertThat(closed).extracting(CloseReason::reason).containsExactly(Reason.PACKET_MALFORMED);
    assertThat(heard).element(1).asString().startsWith("0011" + ZEROS);
  }

  /** Another codec lets it through. */
  @ParameterizedTest
  @ValueSource(strings = {"", "00"})
  void whatIsNoMessageIsRefusedWhateverTheCodec(String message) {
    connect(PacketCodec.messages());
    exchangeOver(init);
    say("0010 0000 0000");
    List<Throwable> failures = new ArrayList<>();
    peer.receive().subscribe(seen -> {}, failures::add);
    say(message);
    assertThat(failures)
        .extracting(LightningPeerTest::reason)
        .containsExactly(Reason.PACKET_MALFORMED);
    assertThat(closed).extracting(CloseReason::reason).containsExactly(Reason.CLOSED_WITH_ERROR);
  }

  @Test
  void whatIsNoMessageIsNoInitWhateverTheCodec() {
    connect(PacketCodec.messages());
    exchangeOver(init);
    say("10");
    assertThat(reason(failure)).isEqualTo(Reason.PACKET_MALFORMED);
    assertThat(closed).hasSize(1);
  }

  @Test
  void thisSideSaysWhyItCloses() {
    exchange(init);
    say("0010 0000 0000");
    peer.closeWithError("that is all").subscribe();
    time.advanceTime();
    assertThat(heard).contains("0011" + ZEROS + "000b" + hex("that is all"));
  }

  @Test
  void aMessageWithoutATypeFailsItsSend() {
    exchange(init);
    List<Throwable> failures = new ArrayList<>();
    connection.sendOne(Unpooled.buffer().writeByte(1)).subscribe(null, failures::add);
    time.advanceTime();
    assertThat(failures)
        .extracting(LightningPeerTest::reason)
        .containsExactly(Reason.PAYLOAD_TOO_SHORT);
    assertThat(closed).isEmpty();
  }
}
