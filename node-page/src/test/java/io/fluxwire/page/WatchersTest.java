package io.fluxwire.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class WatchersTest {

  private final AtomicLong nanos = new AtomicLong();
  private final Watchers watchers = new Watchers(nanos::get);
  private final List<Watchers.Watcher> gone = new ArrayList<>();

  private Watchers.Watcher admit(int host) throws UnknownHostException {
    Watchers.Watcher watcher =
        watchers.admit(InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) host}));
    if (watcher != null) {
      watcher.madeWay().subscribe(null, null, () -> gone.add(watcher));
    }
    assertThat(watchers.count()).isLessThanOrEqualTo(Watchers.MAX);
    return watcher;
  }

  private List<Watchers.Watcher> fill(int host, int places) throws UnknownHostException {
    List<Watchers.Watcher> all = new ArrayList<>();
    for (int i = 0; i < places; i++) {
      all.add(admit(host));
      nanos.incrementAndGet();
    }
    return all;
  }

  @Test
  void oneAddressKeepsNoOtherOut() throws Exception {
    List<Watchers.Watcher> greedy = fill(1, Watchers.MAX);

    assertThat(admit(2)).isNotNull();
    assertThat(admit(3)).isNotNull();
    assertThat(admit(1)).as("it has most already").isNull();
    assertThat(gone).isEqualTo(greedy.subList(0, 2));
  }

  @Test
  void addressesShareThePlaces() throws Exception {
    fill(1, Watchers.MAX);
    for (int i = 0; i < Watchers.MAX / 2; i++) {
      assertThat(admit(2)).isNotNull();
    }
    assertThat(admit(2)).as("each has half").isNull();
    assertThat(admit(3)).isNotNull();
  }

  @Test
  void ofTheSameAddressTheOldestMakesWayAfterItsTurn() throws Exception {
    List<Watchers.Watcher> all = fill(1, Watchers.MAX);
    nanos.set(Watchers.TURN.toNanos() - 1);
    assertThat(admit(1)).isNull();

    nanos.incrementAndGet();
    assertThat(admit(1)).isNotNull();
    assertThat(admit(1)).as("the second one came a moment later").isNull();
    assertThat(gone).containsExactly(all.get(0));
  }

  @Test
  void aPlaceThatIsLeftIsFree() throws Exception {
    Watchers.Watcher first = fill(1, Watchers.MAX).get(0);
    watchers.left(first);
    watchers.left(first);
    assertThat(admit(1)).isNotNull();
    assertThat(admit(1)).isNull();
    assertThat(gone).isEmpty();
  }
}
