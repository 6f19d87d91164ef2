package io.fluxwire.testing;

import static io.fluxwire.testing.StoreSteps.LIMIT;
import static io.fluxwire.testing.StoreSteps.append;
import static io.fluxwire.testing.StoreSteps.get;
import static io.fluxwire.testing.StoreSteps.payload;
import static io.fluxwire.testing.StoreSteps.payloads;
import static io.fluxwire.testing.StoreSteps.read;
import static io.fluxwire.testing.StoreSteps.refusal;
import static io.fluxwire.testing.StoreSteps.trim;
import static io.fluxwire.testing.StoreSteps.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fluxwire.NodeId;
import io.fluxwire.channel.ChannelKey;
import io.fluxwire.channel.ChannelState;
import io.fluxwire.channel.ChannelStore;
import io.fluxwire.channel.ChannelStoreException;
import io.fluxwire.channel.ChannelWrite;
import io.fluxwire.channel.StoredChannel;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.record.Incarnation;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;

/**
 * The contract of {@link ChannelStore}, as tests: new channels, atomic writes, packet numbers,
 * deleting from the front, reads at every boundary, exclusive opening, new incarnations. Extend
 * this class to test your own store. What survives a crash is not tested here, since each store
 * promises something else.
 */
@Timeout(60)
public abstract class ChannelStoreTck {

  private static final int ANY = 1 << 20;
  private static final int MAX_NAME = 255;
  private static final Incarnation PEER = Incarnation.random(new SecureRandom());

  private final NodeId dialer = NodeKey.generate().id();
  private final NodeId acceptor = NodeKey.generate().id();
  private final ChannelKey key = new ChannelKey(dialer, acceptor, "channel");
  private final List<StoredChannel> opened = new ArrayList<>();

  @SuppressWarnings("NullAway.Init") // made before each test
  private ChannelStore store;

  /** For subclasses. */
  protected ChannelStoreTck() {}

  /**
   * Creates a new, empty store for each test. May block.
   *
   * @return the store
   */
  protected abstract ChannelStore create();

  /**
   * Restarts a store: for a store whose channels outlive the object, returns another object over
   * the same stored data. May block.
   *
   * @param store a store that {@link #create} made; all its channels are closed
   * @return the same store, unless overridden
   */
  protected ChannelStore restart(ChannelStore store) {
    return store;
  }

  @BeforeEach
  final void begin() {
    store = create();
  }

  /** Closes what is open, also after a failure. */
  @AfterEach
  final void closeAll() {
    Flux.fromIterable(opened).concatMap(StoredChannel::close).blockLast(LIMIT);
  }

  private StoredChannel open(ChannelKey channel) {
    StoredChannel open = get(store.open(channel));
    opened.add(open);
    return open;
  }

  private StoredChannel reopen(StoredChannel before) {
    before.close().block(LIMIT);
    store = restart(store);
    return open(key);
  }

  @Test
  final void aNewChannelIsEmptyAndHasAnIncarnation() {
    ChannelState state = open(key).state();

    assertThat(state.own()).isNotEqualTo(Incarnation.NONE);
    assertThat(state).isEqualTo(ChannelState.fresh(state.own()));
  }

  @Test
  final void aNewChannelThatWasNeverWrittenKeepsItsIncarnation() {
    StoredChannel channel = open(key);

    assertThat(reopen(channel).state()).isEqualTo(channel.state());
  }

  @Test
  final void everyFieldIsThereAfterReopening() {
    StoredChannel channel = open(key);
    write(channel, append(payloads(0, 10, 100)));

    long kept = write(channel, new ChannelWrite(List.of(payload(10, 7)), 3, 42, 8, 5, PEER));

    assertThat(kept).isEqualTo(707);
    assertThat(reopen(channel).state())
        .isEqualTo(new ChannelState(channel.state().own(), PEER, 5, 3, 11, 707, 42, 8));
  }

  @Test
  final void theStateOfAnOpenChannelStaysAsItWas() {
    StoredChannel channel = open(key);
    ChannelState before = channel.state();

    write(channel, append(payload(0, 1)));

    assertThat(channel.state()).isEqualTo(before);
  }

  @Test
  final void theLargestNumbersAreKept() {
    StoredChannel channel = open(key);

    write(
        channel,
        new ChannelWrite(
            List.of(), 0, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, Incarnation.NONE));

    ChannelState state = reopen(channel).state();
    assertThat(state.received()).isEqualTo(Long.MAX_VALUE);
    assertThat(state.skipped()).isEqualTo(Long.MAX_VALUE);
    assertThat(state.attempt()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  final void packetsAreReadInOrderBeforeAndAfterReopening() {
    StoredChannel channel = open(key);
    byte[][] packets = payloads(0, 20, 50);
    write(channel, append(packets));

    assertThat(read(channel, 0, ANY)).containsExactly(packets);
    assertThat(read(reopen(channel), 0, ANY)).containsExactly(packets);
  }

  @Test
  final void packetsOfManyWritesAreNumberedOn() {
    StoredChannel channel = open(key);
    write(channel, append(payloads(0, 3, 10)));
    write(channel, append(payloads(3, 2, 10)));
    StoredChannel later = reopen(channel);
    write(later, append(payloads(5, 4, 10)));

    assertThat(read(later, 0, ANY)).containsExactly(payloads(0, 9, 10));
    assertThat(reopen(later).state().next()).isEqualTo(9);
  }

  @Test
  final void packetsOfAnySizeAreKept() {
    StoredChannel channel = open(key);
    int[] sizes = {1, 2, 4_095, 4_096, 16_383, 16_384, 65_536, 1 << 20};
    byte[][] packets = new byte[sizes.length][];
    long bytes = 0;
    for (int number = 0; number < sizes.length; number++) {
      packets[number] = payload(number, sizes[number]);
      bytes += sizes[number];
      assertThat(write(channel, append(packets[number]))).isEqualTo(bytes);
    }

    StoredChannel later = reopen(channel);

    assertThat(later.state().bytes()).isEqualTo(bytes);
    for (int number = 0; number < sizes.length; number++) {
      assertThat(read(later, number, 1)).containsExactly(packets[number]);
    }
  }

  @Test
  final void readsStopAtTheBoundAndGiveOnePacketAtLeast() {
    StoredChannel channel = open(key);
    byte[][] packets = {payload(0, 10), payload(1, 20), payload(2, 30), payload(3, 1)};
    write(channel, append(packets));

    assertThat(read(channel, 0, 1)).hasSize(1);
    assertThat(read(channel, 0, 29)).hasSize(1);
    assertThat(read(channel, 0, 30)).hasSize(2);
    assertThat(read(channel, 0, 59)).hasSize(2);
    assertThat(read(channel, 0, 60)).hasSize(3);
    assertThat(read(channel, 0, 61)).hasSize(4);
    assertThat(read(channel, 0, Integer.MAX_VALUE)).hasSize(4);
    assertThat(read(channel, 1, 19)).containsExactly(packets[1]);
    assertThat(read(channel, 3, ANY)).containsExactly(packets[3]);
  }

  @Test
  final void whatIsReadIsTheReadersOwn() {
    StoredChannel channel = open(key);
    byte[] packet = payload(0, 10);
    write(channel, append(packet));

    read(channel, 0, ANY).clear();

    assertThat(read(channel, 0, ANY)).containsExactly(packet);
  }

  @Test
  final void deletedPacketsAreGoneAndTheOthersKeepTheirNumbers() {
    StoredChannel channel = open(key);
    byte[][] packets = payloads(0, 10, 10);
    write(channel, append(packets));

    assertThat(write(channel, trim(1))).isEqualTo(90);
    assertThat(write(channel, trim(4))).isEqualTo(60);
    StoredChannel later = reopen(channel);

    assertThat(later.state().first()).isEqualTo(4);
    assertThat(read(later, 4, ANY)).hasSize(6).first().isEqualTo(packets[4]);
    assertThat(catchThrowable(() -> read(later, 3, ANY))).isNotNull();
    assertThat(catchThrowable(() -> read(later, 10, ANY))).isNotNull();
    assertThat(read(later, 9, ANY)).containsExactly(packets[9]);
  }

  @Test
  final void allPacketsCanBeDeletedAndTheNumbersGoOn() {
    StoredChannel channel = open(key);
    write(channel, append(payloads(0, 5, 10)));

    assertThat(write(channel, trim(5))).isZero();
    StoredChannel later = reopen(channel);
    write(later, new ChannelWrite(List.of(payload(5, 10)), 5, 0, 0, 0, Incarnation.NONE));

    assertThat(read(later, 5, ANY)).containsExactly(payload(5, 10));
    ChannelState state = reopen(later).state();
    assertThat(state.first()).isEqualTo(5);
    assertThat(state.next()).isEqualTo(6);
    assertThat(state.bytes()).isEqualTo(10);
  }

  @Test
  final void aWriteMayDeleteWhatItAdds() {
    StoredChannel channel = open(key);

    long kept =
        write(channel, new ChannelWrite(List.of(payloads(0, 3, 10)), 2, 0, 0, 0, Incarnation.NONE));

    assertThat(kept).isEqualTo(10);
    assertThat(read(channel, 2, ANY)).containsExactly(payload(2, 10));
    assertThat(reopen(channel).state().first()).isEqualTo(2);
  }

  @Test
  final void aQueueThatGoesRoundKeepsWhatIsInIt() {
    StoredChannel channel = open(key);
    for (int round = 0; round < 100; round++) {
      long first = Math.max(0, round - 4) * 5L;
      write(
          channel,
          new ChannelWrite(
              List.of(payloads(round * 5, 5, 1_000)), first, round, 0, 0, Incarnation.NONE));
    }

    StoredChannel later = reopen(channel);
    ChannelState state = later.state();
    assertThat(state.first()).isEqualTo(475);
    assertThat(state.next()).isEqualTo(500);
    assertThat(state.bytes()).isEqualTo(25_000);
    assertThat(state.received()).isEqualTo(99);
    assertThat(read(later, 475, ANY)).containsExactly(payloads(475, 25, 1_000));
  }

  @Test
  final void aRefusedWriteChangesNothing() {
    StoredChannel channel = open(key);
    write(channel, append(payloads(0, 3, 10)));
    ChannelWrite beyond =
        new ChannelWrite(
            List.of(payload(3, 10)), 5, 9, 2, 9, Incarnation.random(new SecureRandom()));

    assertThat(catchThrowable(() -> write(channel, beyond))).isNotNull();
    StoredChannel later = reopen(channel);

    assertThat(later.state())
        .isEqualTo(new ChannelState(channel.state().own(), Incarnation.NONE, 0, 0, 3, 30, 0, 0));
    assertThat(read(later, 0, ANY)).containsExactly(payloads(0, 3, 10));
  }

  @Test
  final void nothingIsWrittenBeforeItIsSubscribedTo() {
    StoredChannel channel = open(key);

    assertThat(channel.write(append(payload(0, 10)))).isNotNull();

    assertThat(reopen(channel).state().next()).isZero();
  }

  @Test
  final void readsMayComeBesideWrites() {
    StoredChannel channel = open(key);
    byte[][] packets = payloads(0, 50, 1_000);
    write(channel, append(packets));

    Flux.range(0, 20)
        .concatMap(round -> channel.write(append(payload(50 + round, 1_000))))
        .mergeWith(
            Flux.range(0, 50)
                .concatMap(
                    number ->
                        channel
                            .read(number, 1)
                            .doOnNext(found -> assertThat(found).containsExactly(packets[number])))
                .map(found -> 0L))
        .blockLast(LIMIT);

    assertThat(reopen(channel).state().next()).isEqualTo(70);
  }

  @Test
  final void anOpenChannelIsRefusedToOthersUntilItIsClosed() {
    StoredChannel channel = open(key);
    write(channel, append(payload(0, 10)));

    for (int time = 0; time < 3; time++) {
      assertThat(refusal(catchThrowable(() -> open(key))))
          .isEqualTo(ChannelStoreException.Kind.IN_USE);
    }
    write(channel, append(payload(1, 10)));
    channel.close().block(LIMIT);

    assertThat(open(key).state().next()).isEqualTo(2);
  }

  @Test
  final void closingAgainClosesNobodyElses() {
    StoredChannel channel = open(key);
    channel.close().block(LIMIT);
    StoredChannel later = open(key);

    channel.close().block(LIMIT);

    assertThat(refusal(catchThrowable(() -> open(key))))
        .isEqualTo(ChannelStoreException.Kind.IN_USE);
    write(later, append(payload(0, 10)));
    assertThat(reopen(later).state().next()).isEqualTo(1);
  }

  @Test
  final void aDeletedChannelBeginsAnewWithAnotherIncarnation() {
    StoredChannel channel = open(key);
    write(channel, new ChannelWrite(List.of(payload(0, 10)), 0, 4, 1, 3, PEER));

    channel.delete().block(LIMIT);
    ChannelState state = open(key).state();

    assertThat(state.own()).isNotEqualTo(channel.state().own());
    assertThat(state).isEqualTo(ChannelState.fresh(state.own()));
  }

  @Test
  final void closingADeletedChannelLeavesTheNewOneAlone() {
    StoredChannel channel = open(key);
    channel.delete().block(LIMIT);
    StoredChannel later = open(key);

    channel.close().block(LIMIT);

    assertThat(refusal(catchThrowable(() -> open(key))))
        .isEqualTo(ChannelStoreException.Kind.IN_USE);
    assertThat(reopen(later).state().own()).isEqualTo(later.state().own());
  }

  /**
   * Channels whose keys differ in one part only: with the nodes exchanged, and with names that
   * resemble file names.
   */
  @Test
  final void channelsAreApart() {
    List<ChannelKey> keys =
        new ArrayList<>(List.of(key, new ChannelKey(acceptor, dialer, "channel")));
    for (String name :
        List.of("Channel", "CHANNEL", "..", "a/b", "a\\b", "a b", "?#%", "con", "ü", "u\u0308")) {
      keys.add(new ChannelKey(dialer, acceptor, name));
    }
    keys.add(new ChannelKey(dialer, acceptor, "\0"));
    keys.add(new ChannelKey(dialer, acceptor, "x".repeat(MAX_NAME)));
    keys.add(new ChannelKey(dialer, NodeKey.generate().id(), "channel"));
    Set<Incarnation> incarnations = new HashSet<>();
    for (int n = 0; n < keys.size(); n++) {
      StoredChannel channel = open(keys.get(n));
      incarnations.add(channel.state().own());
      write(channel, append(payload(n, 10)));
    }
    assertThat(incarnations).hasSameSizeAs(keys);
    closeAll();
    opened.clear();
    store = restart(store);

    for (int n = 0; n < keys.size(); n++) {
      assertThat(read(open(keys.get(n)), 0, ANY)).containsExactly(payload(n, 10));
    }
  }

  @Test
  final void manyChannelsAreWrittenAtTheSameTime() {
    List<StoredChannel> channels = new ArrayList<>();
    for (int n = 0; n < 30; n++) {
      channels.add(open(new ChannelKey(dialer, acceptor, "channel " + n)));
    }

    Flux.fromIterable(channels)
        .flatMap(
            channel ->
                Flux.range(0, 10)
                    .concatMap(number -> channel.write(append(payload(number, 100))))
                    .then(),
            channels.size())
        .blockLast(LIMIT);

    Collections.shuffle(channels, new Random(1));
    for (StoredChannel channel : channels) {
      assertThat(read(channel, 0, ANY)).containsExactly(payloads(0, 10, 100));
    }
  }
}
