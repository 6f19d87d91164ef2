package io.fluxwire.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.channel.ChannelKey;
import io.fluxwire.channel.ChannelObserver;
import io.fluxwire.channel.ChannelState;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.page.Snapshot.Channel;
import io.fluxwire.page.Snapshot.Direction;
import io.fluxwire.record.Incarnation;
import java.security.SecureRandom;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ChannelBoardTest {

  private static final NodeId ALICE = NodeKey.generate().id();
  private static final NodeId BOB = NodeKey.generate().id();
  private static final ChannelKey ORDERS = new ChannelKey(BOB, ALICE, "orders");
  private static final Incarnation OWN = Incarnation.random(new SecureRandom());

  private long millis;
  private final PeerBoard peers = new PeerBoard(() -> millis * 1_000_000);
  private final ChannelBoard board = new ChannelBoard(() -> millis * 1_000_000, peers);
  private final ChannelObserver observer = board.observer();

  private static ChannelState state(long first, long next, long received) {
    long bytes = 100 * (next - first);
    return new ChannelState(OWN, Incarnation.NONE, 0, first, next, bytes, received, 0);
  }

  private Channel only() {
    List<Channel> all = board.channels(10);
    assertThat(all).hasSize(1);
    return all.get(0);
  }

  @Test
  void whatAChannelsStoreKeepsIsShownAndForHowLong() {
    peers.name(BOB, "bob");
    millis = 1000;
    observer.onOpened(ORDERS, false, state(5, 7, 3));
    millis = 1200;
    assertThat(only())
        .isEqualTo(
            new Channel(
                1,
                "orders",
                BOB.toString(),
                "bob",
                Direction.INBOUND,
                false,
                1000,
                7,
                2,
                200,
                200L,
                3,
                0,
                0,
                0));

    observer.onStored(ORDERS, state(5, 7, 3), state(5, 9, 3));
    millis = 1500;
    assertThat(only().oldest()).isEqualTo(500);
    observer.onStored(ORDERS, state(5, 9, 3), state(7, 9, 4));
    assertThat(only())
        .extracting(Channel::stored, Channel::unacknowledged, Channel::bytes, Channel::oldest)
        .containsExactly(9L, 2L, 200L, 300L);
    observer.onStored(ORDERS, state(7, 9, 4), state(9, 9, 4));
    assertThat(only())
        .extracting(Channel::unacknowledged, Channel::oldest, Channel::received)
        .containsExactly(0L, null, 4L);
  }

  @Test
  void connectionsTakeoversAndWhatWasSentAgainAreCounted() {
    observer.onOpened(ORDERS, true, state(0, 0, 0));
    millis = 10;
    observer.onConnected(ORDERS, 0);
    assertThat(only())
        .extracting(Channel::attached, Channel::since, Channel::direction, Channel::id)
        .containsExactly(true, 10L, Direction.OUTBOUND, ALICE.toString());
    millis = 20;
    observer.onDisconnected(ORDERS, true);
    observer.onConnected(ORDERS, 0);
    observer.onDisconnected(ORDERS, true);
    observer.onConnected(ORDERS, 0);
    observer.onResent(ORDERS, 3);
    observer.onResent(ORDERS, 4);
    millis = 30;
    observer.onDisconnected(ORDERS, false);

    assertThat(only())
        .extracting(
            Channel::attached,
            Channel::since,
            Channel::connections,
            Channel::takeovers,
            Channel::resent)
        .containsExactly(false, 30L, 3L, 2L, 7L);
  }

  @Test
  void bothEndsOfOneChannelAreShownUntilEachEnds() {
    ChannelObserver alices = board.observer();
    observer.onOpened(ORDERS, true, state(0, 0, 0));
    alices.onOpened(ORDERS, false, state(0, 0, 0));
    assertThat(board.count()).isEqualTo(2);

    alices.onEnded(ORDERS, null);
    alices.onConnected(ORDERS, 0);
    assertThat(only().direction()).isEqualTo(Direction.OUTBOUND);
    observer.onEnded(ORDERS, null);
    assertThat(board.count()).isZero();
  }

  @Test
  void ofManyThoseThatKeepMostAreShown() {
    for (long i = 0; i < 1000; i++) {
      observer.onOpened(new ChannelKey(BOB, ALICE, "c" + i), true, state(0, i, 0));
    }

    assertThat(board.count()).isEqualTo(1000);
    assertThat(board.channels(200))
        .extracting(Channel::unacknowledged)
        .containsExactlyElementsOf(LongStream.range(0, 200).mapToObj(i -> 999L - i).toList());
  }

  @Test
  void aNameThatThePeerChoseIsPrintable() {
    observer.onOpened(new ChannelKey(BOB, ALICE, "or\u202eders\n"), false, state(0, 0, 0));

    assertThat(only().name()).isEqualTo("or\uFFFDders\uFFFD");
  }
}
