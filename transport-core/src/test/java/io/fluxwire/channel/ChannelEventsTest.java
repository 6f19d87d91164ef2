package io.fluxwire.channel;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.fluxwire.ChannelException;
import io.fluxwire.PeerException;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What the log and an application's observer are told of channels. */
class ChannelEventsTest {

  private final Logger logger = (Logger) LoggerFactory.getLogger("io.fluxwire.channels");
  private final ListAppender<ILoggingEvent> appender = new ListAppender<>();
  private final Journal dialers = new Journal();

  /** What an observer is told of the dialer's side. */
  private static final class Journal implements ChannelObserver {

    private final List<String> lines = new ArrayList<>();
    private boolean dials;

    private void add(String line) {
      if (dials) {
        lines.add(line);
      }
    }

    @Override
    public void onOpened(ChannelKey key, boolean dials, ChannelState state) {
      this.dials = dials;
      add("opened " + key.name() + ", next " + state.next());
    }

    @Override
    public void onConnected(ChannelKey key, long resent) {
      add("connected " + resent);
    }

    @Override
    public void onDisconnected(ChannelKey key, boolean superseded) {
      add("disconnected " + superseded);
    }

    @Override
    public void onStored(ChannelKey key, ChannelState before, ChannelState after) {
      if (before.next() != after.next() || before.first() != after.first()) {
        add("stored %d to %d".formatted(after.first(), after.next()));
      }
    }

    @Override
    public void onDelivered(ChannelKey key, long packets) {
      add("delivered " + packets);
    }

    @Override
    public void onResent(ChannelKey key, long packets) {
      add("resent " + packets);
    }

    @Override
    public void onStoreFull(ChannelKey key, ChannelStoreException failure) {
      add("full " + failure.kind());
    }

    @Override
    public void onDisagreement(ChannelKey key, ChannelException failure) {
      add("disagreement");
    }

    @Override
    public void onEnded(ChannelKey key, @Nullable PeerException why) {
      add("ended " + (why == null ? null : why.reason()));
    }
  }

  /** Only the dialer's side is observed. */
  private ChannelPair pair(String name) {
    boolean[] first = {true};
    return new ChannelPair(
        name,
        spec -> {
          boolean observe = first[0];
          first[0] = false;
          return observe ? spec.observe(dialers) : spec;
        });
  }

  @BeforeEach
  void listen() {
    appender.start();
    logger.addAppender(appender);
    logger.setAdditive(false);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(appender);
    logger.setAdditive(true);
    logger.setLevel(null);
  }

  private List<String> lines(Object peer) {
    return appender.list.stream()
        .map(event -> event.getLevel() + " " + event.getFormattedMessage())
        .filter(line -> line.contains(peer.toString()))
        .map(line -> line.replace(peer.toString(), "PEER"))
        .toList();
  }

  @Test
  void anObserverIsToldOfAChannelsLife() {
    ChannelPair pair = pair("orders");
    pair.send(2);
    List<Delivery<ByteBuf>> got = pair.received();
    pair.dial();
    pair.run();
    pair.dial();
    pair.run();
    got.get(1).acknowledge();
    pair.run();
    pair.dialer.close().subscribe();

    assertThat(dialers.lines)
        .containsExactly(
            "opened orders, next 0",
            "stored 0 to 1",
            "stored 0 to 2",
            "connected 2",
            "disconnected true",
            "connected 2",
            "resent 2",
            "stored 2 to 2",
            "disconnected false",
            "ended null");
  }

  @Test
  void observersAreAddedAndTheOthersAreToldWhateverOneThrows() {
    List<String> told = new ArrayList<>();
    ChannelObserver throwing =
        new ChannelObserver() {
          @Override
          public void onOpened(ChannelKey key, boolean dials, ChannelState state) {
            told.add("first");
            throw new IllegalStateException("the observer is broken");
          }
        };
    ChannelObserver sound =
        new ChannelObserver() {
          @Override
          public void onOpened(ChannelKey key, boolean dials, ChannelState state) {
            told.add("second");
          }
        };

    ChannelPair pair = new ChannelPair("orders", spec -> spec.observe(throwing).observe(sound));
    pair.dial();
    pair.run();

    assertThat(told).containsExactly("first", "second", "first", "second");
    assertThat(pair.dialer.isConnected()).isTrue();
  }

  @Test
  void aLifeIsALineForEachEvent() {
    logger.setLevel(Level.DEBUG);
    ChannelPair pair = pair("orders");
    pair.send(2);
    SimulatedLink link = pair.dial();
    pair.run();
    pair.dial();
    pair.run();
    pair.dialer.close().subscribe();
    link.cut();

    assertThat(lines(ChannelPair.ACCEPTOR))
        .containsExactly(
            "DEBUG [orders] open: with node PEER, dialer, keeps 0 packets (0 bytes), wants 0",
            "INFO [orders] connected: with node PEER, dialer, 2 stored packets to send",
            "INFO [orders] taken over by a later connection: with node PEER",
            "INFO [orders] connected: with node PEER, dialer, 2 stored packets to send",
            "INFO [orders] disconnected: from node PEER",
            "INFO [orders] ended: with node PEER: closed by this side");
    assertThat(lines(ChannelPair.DIALER)).hasSize(4);
  }

  @Test
  void aDisagreementIsSaid() {
    ChannelPair pair = pair("orders");
    SimulatedLink link = pair.dial();
    pair.run();
    link.cut();
    pair.acceptorsStore.lose();
    pair.acceptor = pair.open(false, pair.acceptorsStore);
    pair.dial();
    pair.run();

    assertThat(dialers.lines).containsSubsequence("disagreement", "ended CHANNEL_DISAGREEMENT");
    assertThat(lines(ChannelPair.ACCEPTOR))
        .anyMatch(
            line ->
                line.startsWith(
                    "INFO [orders] no agreement with node PEER: the two stores of this channel do"
                        + " not fit together"))
        .last()
        .asString()
        .startsWith("INFO [orders] ended: with node PEER: CHANNEL_DISAGREEMENT, ");
  }

  @Test
  void aFullStoreIsSaidOnceUntilItHasRoom() {
    SimulatedStore slow = new SimulatedStore();
    ChannelPair pair = pair("orders");
    pair.dialer = pair.open(true, slow);
    appender.list.clear();
    pair.send(1);
    slow.refuse();
    pair.dial();
    // An attempt needs no room.
    assertThat(slow.complete()).isTrue();
    pair.time.advanceTimeBy(Duration.ofSeconds(1));
    for (int i = 0; i < 3; i++) {
      slow.refuse();
      pair.time.advanceTimeBy(Duration.ofSeconds(1));
    }
    slow.complete();
    pair.send(1);
    slow.complete();

    assertThat(lines(ChannelPair.ACCEPTOR))
        .containsExactly(
            "INFO [orders] the store is full, senders wait: with node PEER: full",
            "INFO [orders] the store has room again: with node PEER");
  }

  @Test
  void aNameThatThePeerChoseIsPrintable() {
    ChannelPair pair = pair("or\u001b[2J\nders");
    pair.dial();
    pair.run();

    assertThat(lines(ChannelPair.DIALER))
        .containsExactly(
            "INFO [or\uFFFD[2J\uFFFDders] connected: with node PEER, acceptor, 0 stored packets to"
                + " send");
  }
}
