package io.fluxwire.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.ChannelException;
import io.fluxwire.Reason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Packets in which the codec knows nothing, and an application that stores its own position. */
class SkippedPacketsTest {

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final SimulatedStore store = new SimulatedStore().automatic();
  private final PeerChannel<String> dialer =
      SimulatedNode.open(true, new SimulatedStore().automatic(), 0, time);
  private final List<Delivery<String>> got = new ArrayList<>();
  private SimulatedLink link;

  @AfterEach
  void dispose() {
    time.dispose();
  }

  /** Begins another process of the acceptor's application, and a connection. */
  private void start(long startAt) {
    PeerChannel<String> opened = SimulatedNode.open(false, store, startAt, time);
    got.clear();
    opened.receive().subscribe(got::add);
    SimulatedLink next =
        SimulatedLink.dial(
            (end, frame) ->
                opened
                    .protocol()
                    .execute(() -> end.receiver(opened.protocol().accepted(end, frame))));
    dialer.protocol().execute(() -> dialer.protocol().dialled(next));
    link = next;
    run();
  }

  private void run() {
    while (link.canDeliver() || link.other().canDeliver()) {
      (link.canDeliver() ? link : link.other()).deliver();
    }
  }

  private void send(String... packets) {
    dialer.send(Flux.fromArray(packets)).subscribe();
    run();
  }

  private void crash() {
    link.other().forget();
  }

  private void assertStored(long received, long skipped) {
    assertThat(store.state().received()).isEqualTo(received);
    assertThat(store.state().skipped()).isEqualTo(skipped);
  }

  private void assertRefused(long startAt) {
    assertThatThrownBy(() -> SimulatedNode.open(false, store, startAt, time))
        .isInstanceOfSatisfying(
            ChannelException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.CHANNEL_DISAGREEMENT));
  }

  @Test
  void anApplicationGoesOnWhereTheLastPacketsWereSkipped() {
    start(0);
    send("a", "b", "-", "-");
    got.get(1).acknowledge();
    assertStored(4, 2);
    crash();

    start(2);
    send("c");

    assertThat(got).extracting(Delivery::packet).containsExactly("c");
    assertThat(got.get(0).number()).isEqualTo(4);
  }

  @Test
  void anApplicationThatIsBehindMoreThanWhatWasSkippedIsRefused() {
    start(0);
    send("a", "b", "-", "-");
    got.get(1).acknowledge();
    crash();

    assertRefused(1);
  }

  @Test
  void packetsThatAreSkippedLaterCountWithTheEarlierOnes() {
    start(0);
    send("a", "-");
    got.get(0).acknowledge();
    send("-");
    assertStored(3, 2);
    crash();
    start(1);
    send("-");
    assertStored(4, 3);
    crash();

    start(1);
    send("b");

    assertThat(got).extracting(Delivery::packet).containsExactly("b");
  }

  @Test
  void theNextAcknowledgementLeavesNoneSkipped() {
    start(0);
    send("a", "-", "b", "-", "c");
    got.get(0).acknowledge();
    assertStored(2, 1);
    got.get(2).acknowledge();

    assertStored(5, 0);
    assertRefused(4);
  }

  @Test
  void anApplicationThatIsAheadOfTheStoreHasSkippedNothing() {
    start(0);
    send("a", "b", "-", "c");
    crash();

    start(2);

    assertStored(3, 1);
    assertThat(got).extracting(Delivery::packet).containsExactly("c");
  }
}
